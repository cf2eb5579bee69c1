//! A database that a newer version has migrated already, while instances of this one still run and are started anew.

use adapter_postgres::migrations::{MIGRATIONS, Migration, migrate_by};
use adapter_postgres::testing::fresh_database;
use std::path::Path;
use testkit::servers::{Program, postgres};

/// A step of a newer version that only adds something.
pub(crate) const MORE: Migration =
    Migration { name: "2999-12-31-000001_more", up: "CREATE TABLE more ();\n", down: "DROP TABLE more;\n" };
/// One that takes it away again, from whoever does not know the step before.
pub(crate) const LESS: Migration = Migration {
    name: "2999-12-31-000002_less",
    up: "-- needs: 2999-12-31-000001\n\nDROP TABLE more;\n",
    down: "CREATE TABLE more ();\n",
};

/// Migrates as the newer version does that has these steps on top of ours.
pub(crate) async fn migrated_further(url: &str, later: &[Migration]) {
    migrate_by(url, &[MIGRATIONS.as_slice(), later].concat()).await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_instance_that_is_started_anew_goes_on_until_something_is_taken_away() {
    let database = fresh_database(&postgres().url).await.unwrap();
    let url = database.url();
    let settings = [
        ("store.url", url.as_str()),
        ("auth.bcrypt_cost", "4"),
        ("auth.signing_key", "0101010101010101010101010101010101010101010101010101010101010101"),
        ("payments.simulators", "false"),
    ];
    let mut program = Program::new(Path::new(env!("CARGO_BIN_EXE_synesthesie")), &settings).unwrap();
    program.serve().unwrap();
    assert!(!program.log().contains("ahead of this version"), "{}", program.log());

    migrated_further(&url, &[MORE]).await;
    // What a release that is taken back runs before its instances.
    let said = program.run(&["migrate"], "").unwrap();
    assert!(said.contains("all that this version needs, and 29991231000001 of a newer one"), "{said}");
    program.stop().unwrap();
    program.serve().unwrap();
    assert!(program.log().contains("the database is ahead of this version"), "{}", program.log());

    migrated_further(&url, &[MORE, LESS]).await;
    for refused in [program.run(&["migrate"], "").unwrap_err(), program.serve().unwrap_err()] {
        let said = refused.to_string();
        assert!(said.contains("29991231000001, 29991231000002: this version is too old for it"), "{said}");
    }
}
