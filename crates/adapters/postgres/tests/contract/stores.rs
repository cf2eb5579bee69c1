//! The contracts of the store ports.

use crate::open;

testkit::account_store_contract!(open);
testkit::account_use_cases_contract!(open);
testkit::audit_log_contract!(open);
testkit::audit_use_cases_contract!(open);
testkit::booking_store_contract!(open);
testkit::cancelling_store_contract!(open);
testkit::close_store_contract!(open);
testkit::document_store_contract!(open);
testkit::door_store_contract!(open);
testkit::event_store_contract!(open);
testkit::event_use_cases_contract!(open);
testkit::figures_store_contract!(open);
testkit::gallery_store_contract!(open);
testkit::gallery_use_cases_contract!(open);
testkit::idempotency_store_contract!(open);
testkit::invite_budget_contract!(open);
testkit::invite_store_contract!(open);
testkit::invite_tree_contract!(open);
testkit::ledger_store_contract!(open);
testkit::maintenance_store_contract!(open);
testkit::media_store_contract!(open);
testkit::music_store_contract!(open);
testkit::music_use_cases_contract!(open);
testkit::office_store_contract!(open);
testkit::outbox_contract!(open);
testkit::own_store_contract!(open);
testkit::place_store_contract!(open);
testkit::place_use_cases_contract!(open);
testkit::quota_store_contract!(open);
testkit::return_store_contract!(open);
testkit::seat_store_contract!(open);
testkit::organisation_store_contract!(open);
testkit::transfer_store_contract!(open);
testkit::voucher_store_contract!(open);
testkit::waitlist_store_contract!(open);
