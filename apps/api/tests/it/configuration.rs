//! The configuration is checked as a whole, and every mistake is named at once.

use synesthesie::config::{Config, ConfigError, Environment, MailUrl, MediaUrl, StoreUrl};
use testkit::dkim;

fn read(file: &str, variables: &[(&str, &str)]) -> Result<Config, ConfigError> {
    let file = (!file.is_empty()).then(|| ("test.toml".to_owned(), file.to_owned()));
    Config::from_sources(
        file,
        variables.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())),
    )
}

fn keys(error: ConfigError) -> Vec<String> {
    error.0.into_iter().map(|mistake| mistake.key).collect()
}

const PRODUCTION: &[(&str, &str)] = &[
    ("SYNESTHESIE__ENVIRONMENT", "production"),
    ("SYNESTHESIE__HTTP__PUBLIC_URL", "https://tickets.example.org/"),
    ("SYNESTHESIE__STORE__URL", "postgres://app:secret@db/tickets"),
    ("SYNESTHESIE__MAIL__URL", "smtp://mail.example.org"),
    ("SYNESTHESIE__MAIL__FROM", "Tickets <tickets@example.org>"),
    ("SYNESTHESIE__AUTH__SIGNING_KEY", "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff"),
];

#[test]
fn nothing_has_to_be_set_in_development() {
    let config = read("", &[]).unwrap();
    assert_eq!(config.environment, Environment::Development);
    assert_eq!(config.http.public_url, "http://127.0.0.1:8080");
    assert!(matches!(config.store.url, StoreUrl::Folder(_)));
    assert!(matches!(config.mail.url, MailUrl::Box));
}

#[test]
fn variables_win_over_the_file_and_the_file_over_the_defaults() {
    let file = "[http]\nbind = \"127.0.0.1:1\"\ntrusted_proxies = 2\n[booking]\npayment_seconds = 60\n";
    let variables = [
        ("SYNESTHESIE__HTTP__BIND", "127.0.0.1:2"),
        ("SYNESTHESIE__LIMITS__ENABLED", "false"),
        ("SYNESTHESIE__BOOKING__PAYMENT_SECONDS", "90"),
    ];
    let config = read(file, &variables).unwrap();
    assert_eq!((config.http.bind.port(), config.http.trusted_proxies), (2, 2));
    assert_eq!((config.limits.enabled, config.booking.payment_seconds), (false, 90));
}

#[test]
fn every_mistake_is_named_at_once_and_no_secret_is_shown() {
    let file = "[http]\nbnid = \"x\"\nbind = 8080\n[auth]\nregistration = \"closed\"\n[extra]\nkey = 1\n";
    let variables = [
        ("SYNESTHESIE__STORE__URL", "mysql://app:hunter2@db"),
        ("SYNESTHESIE__AUTH__SIGNING_KEY", "hunter2"),
        ("SYNESTHESIE__LIMITS__ENABLED", "yes"),
        ("SYNESTHESIE__STRIPE__SECRET_KEY", "hunter2"),
        ("SYNESTHESIE__PAYPAL__CLIENT_ID", "hunter2"),
        ("SYNESTHESIE__LOG__FILTER", "a=b=c"),
    ];
    let error = read(file, &variables).unwrap_err();
    assert!(!format!("{error} {error:?}").contains("hunter2"), "{error}");
    let expected = [
        "auth.registration",
        "auth.signing_key",
        "extra.key",
        "http.bind",
        "http.bnid",
        "limits.enabled",
        "log.filter",
        "payments.simulators",
        "paypal",
        "store.url",
        "stripe",
    ];
    let mut found = keys(error);
    // Whether half a provider also stands beside the simulators is for the sections to say.
    found.retain(|key| key != "payments.simulators");
    assert_eq!(found, expected.into_iter().filter(|key| *key != "payments.simulators").collect::<Vec<_>>());
}

#[test]
fn an_address_that_nothing_can_connect_to_is_named_before_the_start() {
    const MAIL: &str = "SYNESTHESIE__MAIL__URL";
    const REDIS: &str = "SYNESTHESIE__REDIS__URL";
    const STORE: &str = "SYNESTHESIE__STORE__URL";
    const EVENTS: &str = "SYNESTHESIE__EVENTS__URL";
    for (name, url, key) in [
        (MAIL, "smtp://me:hunter2@", "mail.url"),
        (MAIL, "smtp://me:hunter2@host:99999", "mail.url"),
        (MAIL, "smtps://me:hunter2@host/inbox", "mail.url"),
        (MAIL, "smtp://me:hunter2@host?ca_file=/nowhere.pem", "mail.url"),
        (REDIS, "redis://:99999", "redis.url"),
        (REDIS, "redis://me:hunter2@host:99999", "redis.url"),
        (STORE, "postgres://me:hunter2@host:99999/x", "store.url"),
        (STORE, "postgres://me:hunter2@/x", "store.url"),
        (STORE, "postgres://me:hunter2@host/x?sslmode=perhaps", "store.url"),
        (EVENTS, "nats://h:99999/a", "events.url"),
        (EVENTS, "nats://me:hunter2@host", "events.url"),
        (EVENTS, "kafka://me:hunter2@host:99999/a", "events.url"),
    ] {
        let error = read("", &[(name, url)]).unwrap_err();
        assert!(!format!("{error} {error:?}").contains("hunter2"), "{error}");
        assert_eq!(keys(error), [key], "{url}");
    }
    let mut variables = PRODUCTION.to_vec();
    variables.push(("SYNESTHESIE__BACKUP__SCRATCH_URL", "postgres://me:hunter2@host:99999/x"));
    let error = read("", &variables).unwrap_err();
    assert!(!error.to_string().contains("hunter2"), "{error}");
    assert_eq!(keys(error), ["backup.scratch_url"]);
    for (name, url) in [
        (MAIL, "smtp://me:p%3Aw@[::1]:2525"),
        (REDIS, "redis://:hunter2@redis_1/0"),
        (STORE, "postgres://me@db/x?sslmode=verify-full"),
        (STORE, "postgresql:///x?host=/run/postgresql"),
        (EVENTS, "tls://token@host/a-b"),
    ] {
        assert!(read("", &[(name, url)]).is_ok(), "{url}");
    }
}

#[test]
fn production_makes_nothing_up() {
    let config = read("", PRODUCTION).unwrap();
    assert_eq!(config.http.public_url, "https://tickets.example.org");
    assert!(!config.payments.simulators && !config.hooks.private);
    assert!(!format!("{config:?}").contains("secret@"));
    let bare = read("", &PRODUCTION[..1]).unwrap_err();
    assert_eq!(keys(bare), ["auth.signing_key", "http.public_url", "mail.url", "store.url"]);
    for (name, value, key) in [
        ("SYNESTHESIE__PAYMENTS__SIMULATORS", "true", "payments.simulators"),
        ("SYNESTHESIE__HTTP__PUBLIC_URL", "http://tickets.example.org", "http.public_url"),
        ("SYNESTHESIE__STORE__URL", "local::memory:", "store.url"),
        ("SYNESTHESIE__HOOKS__PRIVATE", "true", "hooks.private"),
        ("SYNESTHESIE__AUTH__BCRYPT_COST", "4", "auth.bcrypt_cost"),
    ] {
        let mut variables = PRODUCTION.to_vec();
        variables.push((name, value));
        assert_eq!(keys(read("", &variables).unwrap_err()), [key]);
    }
}

#[test]
fn secrets_may_come_from_files() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("key");
    std::fs::write(&path, format!("{}\n", "ab".repeat(32))).unwrap();
    let path = path.to_str().unwrap();
    let config = read("", &[("SYNESTHESIE__AUTH__SIGNING_KEY_FILE", path)]).unwrap();
    assert_eq!(config.auth.signing_key.unwrap().expose(), "ab".repeat(32));
    let key = "ab".repeat(32);
    let both =
        [("SYNESTHESIE__AUTH__SIGNING_KEY_FILE", path), ("SYNESTHESIE__AUTH__SIGNING_KEY", key.as_str())];
    assert_eq!(keys(read("", &both).unwrap_err()), ["auth.signing_key_file"]);
    let nowhere = [("SYNESTHESIE__REDIS__URL_FILE", "/nowhere/at/all")];
    assert_eq!(keys(read("", &nowhere).unwrap_err()), ["redis.url_file"]);
}

#[test]
fn reports_of_mail_have_an_address_and_secrets_that_replace_each_other() {
    let config = read("", &[]).unwrap();
    assert!(config.mail.bounce_address.is_none() && config.mail.webhook_secrets.is_empty());
    let [one, other] =
        ["whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", "whsec_AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8="];
    let secrets = format!("{one}, {other}");
    let variables = [
        ("SYNESTHESIE__MAIL__BOUNCE_ADDRESS", "Bounces@example.org"),
        ("SYNESTHESIE__MAIL__WEBHOOK_SECRETS", secrets.as_str()),
    ];
    let mail = read("", &variables).unwrap().mail;
    assert_eq!(mail.bounce_address.unwrap().as_str(), "bounces@example.org");
    let known: Vec<_> = mail.webhook_secrets.iter().map(|secret| secret.expose()).collect();
    assert_eq!(known, [one, other]);
    // Behind it there has to be room for the name of a mail.
    let long = format!("{}@example.org", "b".repeat(32));
    let short = format!("{one}, whsec_hunter2");
    let variables = [
        ("SYNESTHESIE__MAIL__BOUNCE_ADDRESS", long.as_str()),
        ("SYNESTHESIE__MAIL__WEBHOOK_SECRETS", short.as_str()),
    ];
    let error = read("", &variables).unwrap_err();
    assert!(!format!("{error} {error:?}").contains("hunter2"), "{error}");
    assert_eq!(keys(error), ["mail.bounce_address", "mail.webhook_secrets"]);
}

#[test]
fn mails_are_signed_for_their_sender_unless_told_otherwise() {
    const FROM: (&str, &str) = ("SYNESTHESIE__MAIL__FROM", "Tickets <tickets@Example.org>");
    const SELECTOR: (&str, &str) = ("SYNESTHESIE__MAIL__DKIM_SELECTOR", "summer");
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("dkim.pem");
    std::fs::write(&path, dkim::KEY).unwrap();
    let file = ("SYNESTHESIE__MAIL__DKIM_KEY_FILE", path.to_str().unwrap());
    assert!(read("", &[FROM]).unwrap().mail.dkim.is_none());
    let config = read("", &[FROM, SELECTOR, file]).unwrap();
    assert!(!format!("{config:?}").contains("MC4CAQ"));
    let record = config.mail.dkim.unwrap().record();
    assert_eq!(
        (record.name.as_str(), record.text.as_str()),
        ("summer._domainkey.example.org", dkim::PUBLISHED)
    );
    let domain = |domain| ("SYNESTHESIE__MAIL__DKIM_DOMAIN", domain);
    let config = read("", &[FROM, SELECTOR, file, domain("mail.example.org")]).unwrap();
    assert_eq!(config.mail.dkim.unwrap().domain(), "mail.example.org");
    let key = |key| ("SYNESTHESIE__MAIL__DKIM_KEY", key);
    for (variables, mistake) in [
        (vec![FROM, file], "mail.dkim_selector"),
        (vec![FROM, SELECTOR], "mail.dkim_selector"),
        (vec![FROM, domain("example.org")], "mail.dkim_domain"),
        (vec![FROM, SELECTOR, file, domain("of ours")], "mail.dkim_domain"),
        (vec![FROM, SELECTOR, key("hunter2")], "mail.dkim_key"),
        (vec![FROM, SELECTOR, file, key(dkim::KEY)], "mail.dkim_key_file"),
        (vec![FROM, SELECTOR, ("SYNESTHESIE__MAIL__DKIM_KEY_FILE", "/nowhere/at/all")], "mail.dkim_key_file"),
        (vec![("SYNESTHESIE__MAIL__FROM", "nobody"), SELECTOR, file], "mail.from"),
        (vec![("SYNESTHESIE__MAIL__PER_DOMAIN_PER_MINUTE", "-1")], "mail.per_domain_per_minute"),
    ] {
        let error = read("", &variables).unwrap_err();
        assert!(!error.to_string().contains("hunter2"), "{error}");
        assert_eq!(keys(error), [mistake], "{variables:?}");
    }
}

#[test]
fn buyers_return_only_to_places_that_were_agreed_on() {
    let file = "[http]\npublic_url = \"https://tickets.example.org\"\nallowed_origins = [\"https://app.example.org\"]\n";
    let http = read(file, &[]).unwrap().http;
    for address in [
        "https://tickets.example.org/thanks?x=1",
        "https://APP.example.org",
        "https://app.example.org/#/done",
    ] {
        assert!(http.may_return_to(address), "{address}");
    }
    for address in [
        "https://evil.example",
        "https://app.example.org.evil.example/",
        "https://app.example.org@evil.example/",
        "https://app.example.org\\@evil.example/",
        "http://app.example.org/",
        "//app.example.org/",
        "/thanks",
        "javascript:alert(1)",
        "https://app.example.org:444/",
        "https://app.example.org\n.evil.example/",
        "",
    ] {
        assert!(!http.may_return_to(address), "{address}");
    }
}

/// A collector as it should be.
const COLLECTOR: [(&str, &str); 2] = [
    ("SYNESTHESIE__TELEMETRY__OTLP_URL", "https://otlp.example.org/tenant/"),
    ("SYNESTHESIE__TELEMETRY__OTLP_AUTHORIZATION", "Basic hunter2"),
];

#[test]
fn a_collector_of_traces_is_read_and_its_secret_is_not_shown() {
    let none = read("", &[]).unwrap().telemetry;
    assert_eq!((none.otlp_url, none.sample_percent, none.trust_traceparent), (None, 100, false));
    let config = read("", &COLLECTOR).unwrap();
    assert!(!format!("{config:?}").contains("hunter2"));
    assert_eq!(config.telemetry.otlp_url.as_deref(), Some("https://otlp.example.org/tenant"));
    assert_eq!(config.telemetry.otlp_authorization.unwrap().expose(), "Basic hunter2");
    for (name, value, key) in [
        ("SYNESTHESIE__TELEMETRY__OTLP_URL", "otlp.example.org:4318", "telemetry.otlp_url"),
        ("SYNESTHESIE__TELEMETRY__OTLP_URL", "grpc://otlp.example.org", "telemetry.otlp_url"),
        ("SYNESTHESIE__TELEMETRY__OTLP_URL", "https://me:hunter2@otlp.example.org", "telemetry.otlp_url"),
        ("SYNESTHESIE__TELEMETRY__OTLP_URL", "https://otlp.example.org?token=hunter2", "telemetry.otlp_url"),
        // Whoever is between could read the secret.
        ("SYNESTHESIE__TELEMETRY__OTLP_URL", "http://otlp.example.org", "telemetry.otlp_url"),
        ("SYNESTHESIE__TELEMETRY__OTLP_AUTHORIZATION", "Basic\nhunter2", "telemetry.otlp_authorization"),
        ("SYNESTHESIE__TELEMETRY__SAMPLE_PERCENT", "101", "telemetry.sample_percent"),
        ("SYNESTHESIE__TELEMETRY__TRUST_TRACEPARENT", "1", "telemetry.trust_traceparent"),
    ] {
        let mut variables = COLLECTOR.to_vec();
        variables.push((name, value));
        let error = read("", &variables).unwrap_err();
        assert!(!error.to_string().contains("hunter2"), "{error}");
        assert_eq!(keys(error), [key], "{value}");
    }
    for url in ["http://127.0.0.1:4318", "http://localhost:4318/", "http://[::1]:4318"] {
        let variables = [("SYNESTHESIE__TELEMETRY__OTLP_URL", url), COLLECTOR[1]];
        assert!(read("", &variables).is_ok(), "{url}");
    }
    // Without a secret nothing is lost on the way.
    assert!(read("", &[("SYNESTHESIE__TELEMETRY__OTLP_URL", "http://collector:4318")]).is_ok());
}

/// A bucket as it should be.
const BUCKET: [(&str, &str); 5] = [
    ("SYNESTHESIE__MEDIA__URL", "s3://my-bucket/live/media"),
    ("SYNESTHESIE__MEDIA__ENDPOINT", "https://s3.example.org/"),
    ("SYNESTHESIE__MEDIA__REGION", "eu-central-1"),
    ("SYNESTHESIE__MEDIA__ACCESS_KEY", "AKIAHUNTER2"),
    ("SYNESTHESIE__MEDIA__SECRET_KEY", "hunter2"),
];

/// That bucket, with one variable that says something else.
fn bucket_with<'v>(name: &'v str, value: &'v str) -> Vec<(&'v str, &'v str)> {
    let mut variables = BUCKET.to_vec();
    variables.push((name, value));
    variables
}

#[test]
fn a_bucket_is_read_with_its_prefix_and_its_secrets_are_not_shown() {
    let config = read("", &BUCKET).unwrap();
    assert!(!format!("{config:?}").to_lowercase().contains("hunter2"));
    let MediaUrl::Bucket(bucket) = &config.media.url else { panic!("{:?}", config.media.url) };
    assert_eq!((bucket.name.as_str(), bucket.prefix.as_str()), ("my-bucket", "live/media"));
    assert_eq!(bucket.endpoint.as_deref(), Some("https://s3.example.org"));
    assert_eq!((bucket.region.as_str(), bucket.secret_key.expose()), ("eu-central-1", "hunter2"));
    let config = read("", &bucket_with("SYNESTHESIE__MEDIA__URL", "file:/srv/media")).unwrap();
    assert!(matches!(&config.media.url, MediaUrl::Folder(folder) if folder.ends_with("media")));
}

#[test]
fn every_mistake_about_media_is_named_at_once() {
    let variables = [
        ("SYNESTHESIE__MEDIA__URL", "s3://My_Bucket"),
        ("SYNESTHESIE__MEDIA__ENDPOINT", "s3.example.org"),
        ("SYNESTHESIE__MEDIA__EGRESS_CURRENCY", "doubloons"),
        ("SYNESTHESIE__MEDIA__KEEP_ORIGINALS", "perhaps"),
        ("SYNESTHESIE__MEDIA__LINK_MINUTES", "0"),
        ("SYNESTHESIE__MEDIA__PICTURES_AT_ONCE", "65"),
        ("SYNESTHESIE__MEDIA__BUKCET", "x"),
    ];
    let expected = [
        "media.access_key",
        "media.bukcet",
        "media.egress_currency",
        "media.endpoint",
        "media.keep_originals",
        "media.link_minutes",
        "media.pictures_at_once",
        "media.region",
        "media.secret_key",
        "media.url",
    ];
    assert_eq!(keys(read("", &variables).unwrap_err()), expected);
}

#[test]
fn what_is_wrong_with_a_place_for_media_is_said() {
    // One letter more than a bucket's name may have.
    let long = format!("s3://{}", "a".repeat(64));
    for (name, value, key, words) in [
        ("SYNESTHESIE__MEDIA__URL", "s3://", "media.url", "must name a bucket"),
        ("SYNESTHESIE__MEDIA__URL", "s3://ab", "media.url", "must name a bucket"),
        ("SYNESTHESIE__MEDIA__URL", "s3://My-Bucket", "media.url", "must name a bucket"),
        ("SYNESTHESIE__MEDIA__URL", "s3://my_bucket/live", "media.url", "must name a bucket"),
        ("SYNESTHESIE__MEDIA__URL", long.as_str(), "media.url", "must name a bucket"),
        ("SYNESTHESIE__MEDIA__URL", "s3://my-bucket/Live", "media.url", "must have a prefix"),
        ("SYNESTHESIE__MEDIA__URL", "s3://my-bucket/../other", "media.url", "must have a prefix"),
        ("SYNESTHESIE__MEDIA__URL", "s3:my-bucket", "media.url", "file:PATH or s3://bucket/prefix"),
        ("SYNESTHESIE__MEDIA__URL", "https://my-bucket", "media.url", "file:PATH or s3://bucket/prefix"),
        ("SYNESTHESIE__MEDIA__URL", "file:", "media.url", "file:PATH or s3://bucket/prefix"),
        ("SYNESTHESIE__MEDIA__URL", "/srv/media", "media.url", "file:PATH or s3://bucket/prefix"),
        ("SYNESTHESIE__MEDIA__ENDPOINT", "s3.example.org", "media.endpoint", "must be https:// and a host"),
        ("SYNESTHESIE__MEDIA__ENDPOINT", "ftp://s3.example.org", "media.endpoint", "must be https://"),
        ("SYNESTHESIE__MEDIA__ENDPOINT", "https://s3.example.org/x", "media.endpoint", "must be https://"),
        ("SYNESTHESIE__MEDIA__REGION", "", "media.region", "is required with s3://"),
        ("SYNESTHESIE__MEDIA__ACCESS_KEY", "", "media.access_key", "is required with s3://"),
        ("SYNESTHESIE__MEDIA__SECRET_KEY", "", "media.secret_key", "is required with s3://"),
        ("SYNESTHESIE__MEDIA__SECRET_KEY_FILE", "/nowhere", "media.secret_key_file", "is given beside"),
        ("SYNESTHESIE__MEDIA__PATH_STYLE", "1", "media.path_style", "must be true or false"),
    ] {
        let error = read("", &bucket_with(name, value)).unwrap_err();
        let said = error.to_string();
        assert!(said.contains(words) && !said.to_lowercase().contains("hunter2"), "{name}={value}: {said}");
        let mut found = keys(error);
        // What is given twice is not used, and is then missing as well.
        found.retain(|found| found != "media.secret_key" || key == "media.secret_key");
        assert_eq!(found, [key], "{name}={value}: {said}");
    }
    // Of a bucket that is not used nothing is demanded.
    assert!(read("", &[("SYNESTHESIE__MEDIA__REGION", "somewhere")]).is_ok());
}

#[test]
fn every_mistake_about_backups_is_named_at_once() {
    let variables = [
        ("SYNESTHESIE__BACKUP__URL", "file:./backups"),
        ("SYNESTHESIE__BACKUP__EVERY_HOURS", "5"),
        ("SYNESTHESIE__BACKUP__ALARM_HOURS", "0"),
        ("SYNESTHESIE__BACKUP__SCRATCH_URL", "postgres://app:hunter2@db/other"),
        ("SYNESTHESIE__BACKUP__KEEP_DAILY", "1001"),
        ("SYNESTHESIE__BACKUP__PG_DUMP", ""),
    ];
    let error = read("", &variables).unwrap_err();
    assert!(!format!("{error} {error:?}").contains("hunter2"), "{error}");
    let expected = [
        "backup.alarm_hours",
        "backup.every_hours",
        "backup.keep_daily",
        "backup.pg_dump",
        "backup.recipient",
        "backup.scratch_url",
    ];
    assert_eq!(keys(error), expected);
    let both = [("SYNESTHESIE__BACKUP__AT", "3 o'clock"), ("SYNESTHESIE__BACKUP__EVERY_HOURS", "5")];
    assert_eq!(keys(read("", &both).unwrap_err()), ["backup.at", "backup.every_hours"]);
    for (at, fine) in [("03:00", true), ("23:59", true), ("24:00", false), ("3 o'clock", false), ("", false)]
    {
        let read = read("", &[("SYNESTHESIE__BACKUP__AT", at)]);
        assert_eq!(read.is_ok(), fine, "{at}");
    }
    let never = read("", &[("SYNESTHESIE__BACKUP__EVERY_HOURS", "0")]).unwrap();
    assert!(never.backup.schedule.is_none() && read("", &[]).unwrap().backup.schedule.is_some());
}

#[test]
fn a_stream_is_named_by_who_keeps_it() {
    let read_url = |url: &str| read("", &[("SYNESTHESIE__EVENTS__URL", url)]);
    assert!(read_url("").unwrap().stream.url.is_none());
    for url in ["nats://me:hunter2@127.0.0.1:4222/tickets", "tls://house.example/tickets"] {
        let config = read_url(url).unwrap();
        assert!(config.stream.url.is_some() && !format!("{config:?}").contains("hunter2"));
    }
    assert_eq!(read_url("kafka://127.0.0.1:9092/tickets").is_ok(), cfg!(feature = "kafka"));
    for url in ["amqp://127.0.0.1/tickets", "127.0.0.1:4222"] {
        assert_eq!(keys(read_url(url).unwrap_err()), ["events.url"]);
    }
}
