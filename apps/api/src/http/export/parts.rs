//! The lists of the file, and how a page of each is read.

use super::file::Named;
use super::records::{act, act_about, booking, letter, paged, picture, set, ticket, upload, whole, written};
use crate::http::{egress, music, removals, returns, transfers, waitlist};
use crate::wiring::App;
use kernel::audit::ActFilter;
use kernel::{AccountId, Actor, Page, PageRequest, StoreError};
use serde_json::Value;

/// A list of the file, or one of the pieces of a list.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Part {
    Sessions,
    Links,
    InvitesMade,
    Memberships,
    Bookings,
    Tickets,
    Holds,
    TransfersFrom,
    TransfersTo,
    Waitlist,
    Returns,
    ScansMade,
    AddressViews,
    Egress,
    Listening,
    RemovalRequests,
    Uploads,
    Albums,
    Pictures,
    Sets,
    MailsToAccount,
    MailsToAddress,
    Announcements,
    LeftLists,
    Acts,
    ActsAbout,
}

impl Part {
    /// In the order in which they are sent.
    pub(super) const ALL: [Self; 26] = [
        Self::Sessions,
        Self::Links,
        Self::InvitesMade,
        Self::Memberships,
        Self::Bookings,
        Self::Tickets,
        Self::Holds,
        Self::TransfersFrom,
        Self::TransfersTo,
        Self::Waitlist,
        Self::Returns,
        Self::ScansMade,
        Self::AddressViews,
        Self::Egress,
        Self::Listening,
        Self::RemovalRequests,
        Self::Uploads,
        Self::Albums,
        Self::Pictures,
        Self::Sets,
        Self::MailsToAccount,
        Self::MailsToAddress,
        Self::Announcements,
        Self::LeftLists,
        Self::Acts,
        Self::ActsAbout,
    ];
}

impl Named for Part {
    fn name(self) -> &'static str {
        match self {
            Self::Sessions => "sessions",
            Self::Links => "links",
            Self::InvitesMade => "invites_made",
            Self::Memberships => "memberships",
            Self::Bookings => "bookings",
            Self::Tickets => "tickets",
            Self::Holds => "holds",
            Self::TransfersFrom | Self::TransfersTo => "transfers",
            Self::Waitlist => "waitlist",
            Self::Returns => "returns",
            Self::ScansMade => "scans_made",
            Self::AddressViews => "address_views",
            Self::Egress => "egress",
            Self::Listening => "listening",
            Self::RemovalRequests => "removal_requests",
            Self::Uploads => "uploads",
            Self::Albums => "albums",
            Self::Pictures => "pictures",
            Self::Sets => "sets",
            Self::MailsToAccount | Self::MailsToAddress => "mails",
            Self::Announcements => "announcements",
            Self::LeftLists => "left_lists",
            Self::Acts => "acts",
            Self::ActsAbout => "acts_about_me",
        }
    }
}

/// A page of a part, as it stands in the file.
pub(super) async fn read(
    app: &App,
    who: &Actor,
    part: Part,
    page: PageRequest,
) -> Result<Page<Value>, StoreError> {
    let account = who.account;
    match part {
        Part::Sessions => paged(app.accounts.logins(who, page).await?, written),
        Part::Links => paged(app.accounts.links(who, page).await?, written),
        Part::InvitesMade => paged(app.accounts.invites_made(who, page).await?, written),
        Part::Memberships => whole(&app.events.own_memberships(account).await?),
        Part::Bookings => paged(app.bookings.kept_of(account, page).await?, booking),
        Part::Tickets => paged(app.bookings.used_of(account, page).await?, ticket),
        Part::Holds => paged(app.bookings.holds_of(account, page).await?, written),
        Part::TransfersFrom => paged(transfers::own(app, account, false, page).await?, written),
        Part::TransfersTo => paged(transfers::own(app, account, true, page).await?, written),
        Part::Waitlist => paged(waitlist::own(app, account, page).await?, written),
        Part::Returns => paged(returns::own(app, account, page).await?, written),
        Part::ScansMade => paged(app.bookings.scans_by(account, page).await?, written),
        Part::AddressViews => paged(app.events.own_address_views(account, page).await?, written),
        Part::Egress => whole(&egress::all_of(app, account).await?),
        Part::Listening => whole(&music::all_of(app, who).await?),
        Part::RemovalRequests => paged(removals::own(app, account, page).await?, written),
        Part::Uploads => paged(app.uploads.sent_by(account, page).await?, upload),
        Part::Albums => paged(app.gallery.albums_by(account, page).await?, written),
        Part::Pictures => paged(app.gallery.pictures_by(account, page).await?, picture),
        Part::Sets => paged(app.music.sets_by(account, page).await?, set),
        Part::MailsToAccount => paged(app.messages.letters_to(account, page).await?, letter),
        Part::MailsToAddress => mails_there(app, account, page).await,
        Part::Announcements => paged(app.announcements.received(account, page).await?, written),
        Part::LeftLists => whole(&app.announcements.left_lists(account).await?),
        Part::Acts => {
            let mine = ActFilter { account: Some(account), ..ActFilter::default() };
            paged(app.audit.acts(&mine, page).await?, act)
        }
        Part::ActsAbout => {
            let about = ActFilter { subject: Some(account.as_uuid()), ..ActFilter::default() };
            paged(app.audit.acts(&about, page).await?, act_about)
        }
    }
}

/// Mails to the address of an account that went there before it was anybody's, or by which a guest was named: for those who
/// have shown to read mail there.
async fn mails_there(app: &App, account: AccountId, page: PageRequest) -> Result<Page<Value>, StoreError> {
    let owner = app.accounts.account(account).await?.filter(|it| it.email_verified_at.is_some());
    let Some(owner) = owner else { return whole::<Value>(&[]) };
    paged(app.messages.letters_at(&owner.email, page).await?, letter)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn lists_of_one_name_stand_beside_each_other() {
        let mut names: Vec<_> = Part::ALL.iter().map(|part| part.name()).collect();
        names.dedup();
        let distinct: BTreeSet<_> = names.iter().collect();
        assert_eq!(distinct.len(), names.len(), "{names:?}");
        assert_eq!(names.len(), Part::ALL.len() - 2, "transfers and mails come in two pieces each");
    }
}
