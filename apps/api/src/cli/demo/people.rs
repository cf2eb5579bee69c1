//! Who is there: roles, not persons.

use crate::cli::Failure;
use crate::wiring::App;
use accounts::{Account, Origin, Registered, SignUp};
use kernel::{Actor, SessionId};

/// Everybody's password. It is printed, and refused in production with everything else here.
pub(super) const PASSWORD: &str = "synesthesie-demo";

/// An account to open.
pub(super) struct Somebody {
    /// What they are here.
    pub(super) role: &'static str,
    /// What they log in with; nobody can have a mailbox there (RFC 2606).
    pub(super) email: &'static str,
    names: (&'static str, &'static str),
}

pub(super) const ADMIN: Somebody =
    Somebody { role: "admin", email: "admin@example.org", names: ("Demo", "Admin") };
pub(super) const ORGANISER: Somebody =
    Somebody { role: "organiser", email: "organiser@example.org", names: ("Demo", "Organiser") };
pub(super) const DOOR: Somebody =
    Somebody { role: "door", email: "door@example.org", names: ("Demo", "Door") };
pub(super) const MEMBERS: [Somebody; 5] = [
    Somebody { role: "member", email: "member@example.org", names: ("First", "Member") },
    Somebody { role: "member", email: "member2@example.org", names: ("Second", "Member") },
    Somebody { role: "member", email: "member3@example.org", names: ("Third", "Member") },
    Somebody { role: "member", email: "member4@example.org", names: ("Fourth", "Member") },
    Somebody { role: "member", email: "member5@example.org", names: ("Fifth", "Member") },
];

/// The admin, who needs no invite.
pub(super) async fn admin(app: &App) -> Result<Actor, Failure> {
    let account = app.accounts.create_admin(ADMIN.email, PASSWORD.into(), ADMIN.names).await?;
    Ok(acting(app, &account))
}

/// Somebody who acts without having logged in: what is done here is done in this process.
pub(super) fn acting(app: &App, account: &Account) -> Actor {
    Actor {
        account: account.id,
        session: SessionId::generate(app.clock.now()),
        role: account.role,
        request: None,
    }
}

/// Somebody who has a code.
pub(super) async fn invited(app: &App, who: &Somebody, code: &str) -> Result<Actor, Failure> {
    let (first_name, last_name) = who.names;
    let wish = SignUp {
        invite_code: Some(code.to_owned()),
        email: who.email.into(),
        password: PASSWORD.into(),
        first_name: first_name.into(),
        last_name: last_name.into(),
        origin: Origin::default(),
        language: None,
    };
    match app.accounts.register(wish).await? {
        Registered::SignedIn(signed_in) => {
            let (account, session) = (signed_in.account, signed_in.session);
            let actor = Actor { account: account.id, session: session.id, role: account.role, request: None };
            app.accounts.logout(&actor).await?;
            // Nobody can follow the link in their mail, and tickets are handed on to proven addresses alone.
            app.accounts.vouch_for(account.id).await?;
            Ok(actor)
        }
        Registered::AwaitsApproval(account) => Err(format!("{} awaits approval", account.email).into()),
    }
}
