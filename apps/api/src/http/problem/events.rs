//! Refusals of the events' use cases.

use super::Problem;
use events::WrongStatus;
use events::access::Denied;
use events::use_cases::{
    AccessError, BillingError, ChangeOrganisationError, CreateError, DeactivateError, DeleteError,
    DuplicateError, MemberError, OrganisationError, PublishError, SeatingError, ShowError, TicketTypeError,
    UpdateError, VenueError,
};

impl From<AccessError> for Problem {
    fn from(error: AccessError) -> Self {
        match error {
            AccessError::NotFound => Self::not_found(),
            AccessError::Forbidden => Self::forbidden("forbidden", "This is not for you to do."),
            AccessError::Store(error) => error.into(),
        }
    }
}

impl From<Denied> for Problem {
    fn from(denied: Denied) -> Self {
        AccessError::from(denied).into()
    }
}

impl From<WrongStatus> for Problem {
    fn from(WrongStatus(status): WrongStatus) -> Self {
        let detail = format!("This cannot be done with an event that is in the state {}.", status.as_str());
        Self::conflict("wrong_status", detail)
    }
}

impl From<ShowError> for Problem {
    fn from(error: ShowError) -> Self {
        match error {
            ShowError::NotFound => Self::not_found(),
            ShowError::Store(error) => error.into(),
        }
    }
}

impl From<OrganisationError> for Problem {
    fn from(error: OrganisationError) -> Self {
        match error {
            OrganisationError::Access(error) => error.into(),
            OrganisationError::Invalid(errors) => Self::invalid(errors),
            OrganisationError::Store(error) => error.into(),
        }
    }
}

impl From<ChangeOrganisationError> for Problem {
    fn from(error: ChangeOrganisationError) -> Self {
        match error {
            ChangeOrganisationError::Access(error) => error.into(),
            ChangeOrganisationError::Invalid(errors) => Self::invalid(errors),
            ChangeOrganisationError::InUse => Self::conflict(
                "organisation_in_use",
                "There are events, halls, bookings or documents of this organisation.",
            ),
            ChangeOrganisationError::Store(error) => error.into(),
        }
    }
}

impl From<BillingError> for Problem {
    fn from(error: BillingError) -> Self {
        match error {
            BillingError::Access(error) => error.into(),
            BillingError::Invalid(errors) => Self::invalid(errors),
            BillingError::Store(error) => error.into(),
        }
    }
}

impl From<MemberError> for Problem {
    fn from(error: MemberError) -> Self {
        match error {
            MemberError::Access(error) => error.into(),
            MemberError::LastOwner => {
                Self::conflict("last_owner", "An organisation keeps at least one owner who can log in.")
            }
            MemberError::Store(error) => error.into(),
        }
    }
}

impl From<CreateError> for Problem {
    fn from(error: CreateError) -> Self {
        match error {
            CreateError::Access(error) => error.into(),
            CreateError::Invalid(errors) => Self::invalid(errors),
            CreateError::Store(error) => error.into(),
        }
    }
}

impl From<DuplicateError> for Problem {
    fn from(error: DuplicateError) -> Self {
        match error {
            DuplicateError::Access(error) => error.into(),
            DuplicateError::Invalid(errors) => Self::invalid(errors),
            DuplicateError::Store(error) => error.into(),
        }
    }
}

impl From<UpdateError> for Problem {
    fn from(error: UpdateError) -> Self {
        match error {
            UpdateError::Access(error) => error.into(),
            UpdateError::WrongStatus(status) => status.into(),
            UpdateError::Invalid(errors) => Self::invalid(errors),
            UpdateError::Store(error) => error.into(),
        }
    }
}

impl From<DeleteError> for Problem {
    fn from(error: DeleteError) -> Self {
        match error {
            DeleteError::Access(error) => error.into(),
            DeleteError::InUse => Self::conflict(
                "event_in_use",
                "Places of this event are held or were booked; it can be cancelled.",
            ),
            DeleteError::Store(error) => error.into(),
        }
    }
}

impl From<PublishError> for Problem {
    fn from(error: PublishError) -> Self {
        match error {
            PublishError::Access(error) => error.into(),
            PublishError::WrongStatus(status) => status.into(),
            PublishError::NotSellable(errors) => {
                let detail = "The event cannot be sold as it is.";
                Self::unprocessable("event_not_sellable", detail).with_errors(errors)
            }
            PublishError::Store(error) => error.into(),
        }
    }
}

impl From<DeactivateError> for Problem {
    fn from(error: DeactivateError) -> Self {
        match error {
            DeactivateError::Access(error) => error.into(),
            DeactivateError::WrongStatus(status) => status.into(),
            DeactivateError::Store(error) => error.into(),
        }
    }
}

impl From<VenueError> for Problem {
    fn from(error: VenueError) -> Self {
        match error {
            VenueError::Access(error) => error.into(),
            VenueError::Invalid(errors) => Self::invalid(errors),
            VenueError::InUse => {
                Self::conflict("venue_template_in_use", "Events were made of this hall, which keep it.")
            }
            VenueError::Store(error) => error.into(),
        }
    }
}

impl From<SeatingError> for Problem {
    fn from(error: SeatingError) -> Self {
        match error {
            SeatingError::Types(error) => error.into(),
            SeatingError::Invalid(errors) => Self::invalid(errors),
            SeatingError::Taken(ids) => super::booking::seat_unavailable(&ids),
            SeatingError::Store(error) => error.into(),
        }
    }
}

impl From<TicketTypeError> for Problem {
    fn from(error: TicketTypeError) -> Self {
        match error {
            TicketTypeError::Access(error) => error.into(),
            TicketTypeError::WrongStatus(status) => status.into(),
            TicketTypeError::Invalid(errors) => Self::invalid(errors),
            TicketTypeError::InUse => {
                let detail = "Tickets of this type are held or were booked; it can be hidden.";
                Self::conflict("ticket_type_in_use", detail)
            }
            TicketTypeError::OfSection => {
                Self::conflict("of_section", "This kind of ticket goes with its section; it can be hidden.")
            }
            TicketTypeError::TooMany => {
                Self::unprocessable("too_many_ticket_types", "An event has at most 100 ticket types.")
            }
            TicketTypeError::QuotaInUse => {
                Self::conflict("quota_in_use", "Ticket types share this quota; take them out of it first.")
            }
            TicketTypeError::TooManyQuotas => {
                Self::unprocessable("too_many_quotas", "An event has at most 50 quotas.")
            }
            TicketTypeError::Store(error) => error.into(),
        }
    }
}
