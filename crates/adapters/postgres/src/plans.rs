//! How PostgreSQL carries the statements out, asked on the very connection that sent them.

use crate::statement::text;
use crate::testing::{FreshDatabase, fresh_database};
use crate::{PgStore, PoolOptions};
use diesel::QueryableByName;
use diesel::sql_types::{BigInt, Text};
use diesel_async::{RunQueryDsl, SimpleAsyncConnection};
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;
use testkit::{
    Stores, account_store, announcement_store, audit_log, backup_store, booking_store, cancelling_store,
    document_store, door_store, event_store, figures_store, gallery_store, hook_store, idempotency_store,
    invite_budget, invite_store, invite_tree, ledger_store, maintenance_store, media_store, messaging_store,
    music_store, news_store, office_store, organisation_store, outbox, own_store, place_store,
    place_use_cases, quota_store, return_store, seat_store, servers, transfer_store, voucher_store,
    waitlist_store,
};

/// A store with one connection, so that all statements meet on it.
async fn single() -> (PgStore, FreshDatabase) {
    let database = fresh_database(&servers::postgres().url).await.unwrap();
    let options = PoolOptions { max_size: 1, wait: Duration::from_secs(30), ..PoolOptions::default() };
    // With a stream, so that what is kept for it is looked at as well.
    (PgStore::connect(&database.url(), options).await.unwrap().streaming(), database)
}

#[derive(QueryableByName, Clone)]
struct Prepared {
    #[diesel(sql_type = Text)]
    name: String,
    #[diesel(sql_type = Text)]
    statement: String,
    #[diesel(sql_type = BigInt)]
    values: i64,
    #[diesel(sql_type = BigInt)]
    generic_plans: i64,
    #[diesel(sql_type = BigInt)]
    custom_plans: i64,
}

#[derive(QueryableByName)]
struct Line {
    #[diesel(sql_type = Text, column_name = "QUERY PLAN")]
    line: String,
}

/// What the connection keeps prepared. What is not kept was closed again after its use.
async fn prepared(store: &PgStore) -> Vec<Prepared> {
    let mut connection = store.connection("looking at prepared statements").await.unwrap();
    let query = text(
        "SELECT name, statement, cardinality(parameter_types)::bigint AS values, generic_plans, custom_plans \
         FROM pg_prepared_statements WHERE NOT from_sql AND statement NOT LIKE '%pg_prepared_statements%' \
         ORDER BY prepare_time",
    );
    query.load(&mut connection).await.unwrap()
}

async fn plan(store: &PgStore, prepared: &Prepared) -> Vec<String> {
    let nulls = vec!["NULL"; usize::try_from(prepared.values).unwrap()].join(", ");
    let values = if nulls.is_empty() { nulls } else { format!("({nulls})") };
    let mut connection = store.connection("explaining a statement").await.unwrap();
    let explain = diesel::sql_query(format!("EXPLAIN (COSTS OFF) EXECUTE {}{values}", prepared.name));
    let lines: Vec<Line> = explain.load(&mut connection).await.unwrap();
    lines.into_iter().map(|line| line.line).collect()
}

/// Empties every table, also those that refuse it to the program; what is prepared stays.
async fn empty(store: &PgStore) {
    let mut connection = store.connection("emptying all tables").await.unwrap();
    // Ledger and audit log are never emptied, but by whoever may take its triggers away.
    let command = "DO $$ BEGIN \
         SET LOCAL session_replication_role = replica; \
         EXECUTE 'TRUNCATE ' || (SELECT string_agg(quote_ident(tablename), ', ') FROM pg_tables \
             WHERE schemaname = current_schema() AND tablename NOT IN ('__diesel_schema_migrations', 'audit_head')); \
         UPDATE audit_head SET seq = 0, link = NULL, seal = NULL; \
         END $$";
    connection.batch_execute(command).await.unwrap();
}

/// Plays cases of the contracts one after the other, each on an empty database.
macro_rules! played {
    ($store:expr, $stores:expr; $($case:path),+ $(,)?) => {
        $(
            empty($store).await;
            apart($case, $stores).await;
        )+
    };
}

/// A case in a place of its own: made where it is awaited, each would take its part of one stack.
fn apart<C: Future<Output = ()> + 'static>(
    case: impl FnOnce(Stores) -> C,
    stores: &Stores,
) -> Pin<Box<dyn Future<Output = ()>>> {
    Box::pin(case(stores.clone()))
}

/// Plays what buyers, providers, the sweeper and the door do.
async fn play(store: &PgStore, stores: &Stores) {
    played!(
        store,
        stores;
        booking_store::a_ticket_reads_back_whole,
        booking_store::a_hold_becomes_one_booking,
        booking_store::a_hold_given_back_makes_room_once,
        booking_store::lapsed_holds_are_swept,
        booking_store::a_notice_counts_once,
        booking_store::a_repeated_nonce_gives_the_first_answer,
        seat_store::a_hold_that_ended_is_taken_over_with_its_seats,
        seat_store::what_is_given_back_is_free_again,
        ledger_store::what_is_paid_stands_in_the_ledger,
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn statements_of_the_hot_path_are_prepared_once_whatever_the_size_of_a_batch() {
    let (store, database) = single().await;
    let stores = Stores::of(Arc::new(store.clone())).keeping(database);
    play(&store, &stores).await;
    let first = prepared(&store).await;
    play(&store, &stores).await;
    let second = prepared(&store).await;
    for start in [
        "SELECT FROM sales WHERE event_id = ANY($1) ORDER BY event_id FOR NO KEY UPDATE",
        "SELECT s.event_id",
        "WITH pairs AS",
        "INSERT INTO holds",
        "SELECT c.event_id, c.seat_id",
        "INSERT INTO seat_claims",
        "DELETE FROM seat_claims",
        "DELETE FROM holds",
        "INSERT INTO bookings",
        "INSERT INTO published",
        "INSERT INTO payments",
        "INSERT INTO tickets",
        "INSERT INTO effects",
        "INSERT INTO ledger_entries",
        "INSERT INTO notices",
        "WITH types AS",
    ] {
        let kept = second.iter().filter(|prepared| prepared.statement.starts_with(start));
        let kept: Vec<_> = kept.map(|prepared| prepared.name.as_str()).collect();
        let before = first.iter().filter(|prepared| prepared.statement.starts_with(start));
        let before: Vec<_> = before.map(|prepared| prepared.name.as_str()).collect();
        assert_eq!(kept.len(), 1, "{start} is prepared as {kept:?}");
        assert_eq!(kept, before, "{start} was prepared again");
    }
    let replanned: Vec<_> = second.iter().filter(|prepared| prepared.custom_plans > 0).collect();
    assert!(replanned.is_empty(), "{:?}", replanned.iter().map(|it| &it.statement).collect::<Vec<_>>());
    assert!(second.iter().any(|prepared| prepared.generic_plans > 1));
}

/// What looks at a whole table on purpose: reports, and lists that are short or walk an index in its order until
/// the page is full.
const WHOLE: [&str; 15] = [
    "SELECT account, currency, sum(minor)",
    "SELECT count(*) AS waiting",
    "SELECT count(*) AS unsent",
    "SELECT domain, kind, count(*) FILTER",
    "WITH places AS",
    "FROM \"organisations\" ORDER BY",
    // Of halls there are few, and it is asked before an organisation is removed.
    "SELECT EXISTS (SELECT FROM events WHERE organisation_id",
    "FROM \"audit_acts\" ORDER BY",
    "FROM \"audit_acts\" WHERE ((\"audit_acts\".\"act\" =",
    "WHERE (\"audit_acts\".\"seq\" IS NULL) ORDER BY",
    "WHERE (\"audit_acts\".\"organisation_id\" = ANY(",
    "FROM \"invites\" ORDER BY",
    "FROM \"events\" WHERE (\"events\".\"status\"",
    "AS word WHERE strpos(\"events\".\"search_text\", word) = 0",
    "FROM \"accounts\" WHERE (\"accounts\".\"status\"",
];

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_statement_finds_its_rows_by_an_index() {
    let (store, database) = single().await;
    let stores = Stores::of(Arc::new(store.clone())).keeping(database);
    play(&store, &stores).await;
    played!(
        &store,
        &stores;
        booking_store::bookings_come_newest_first_in_pages_that_meet,
        booking_store::attendance_counts_living_and_checked_in,
        cancelling_store::a_promise_is_kept_as_it_was_when_the_booking_was_made,
        cancelling_store::requests_wait_in_the_order_in_which_they_were_made,
        cancelling_store::bookings_of_an_event_come_newest_first_in_pages_that_meet,
        cancelling_store::an_event_is_cancelled_once_and_all_its_money_goes_back,
        account_store::an_account_reads_back_whole,
        account_store::a_link_reads_back_whole,
        account_store::an_address_is_taken_over_by_one,
        account_store::a_second_factor_reads_back_whole,
        account_store::a_wish_for_another_address_reads_back_whole,
        account_store::living_sessions_are_listed_newest_first,
        account_store::sessions_of_one_account_end_but_for_one,
        account_store::the_sessions_that_count_are_those_that_somebody_is_known_in,
        account_store::links_of_one_purpose_become_void,
        account_store::what_ended_long_ago_is_swept,
        account_store::only_admins_who_may_log_in_are_locked_as_such,
        account_store::who_joined_is_counted_by_day_and_by_whom_they_were_brought,
        announcement_store::an_announcement_reads_back_whole,
        announcement_store::announcements_are_listed_the_newest_first_in_pages_that_meet,
        announcement_store::announcements_are_found_by_all_that_is_given,
        announcement_store::announcements_for_late_ones_are_those_that_are_out_and_valid,
        announcement_store::nobody_is_written_down_twice,
        announcement_store::recipients_are_listed_by_account_in_pages_that_meet,
        announcement_store::recipients_are_counted_by_how_they_stand,
        announcement_store::what_somebody_is_sent_is_listed_the_newest_first,
        announcement_store::those_of_whom_nobody_knows_are_found_a_few_at_a_time,
        announcement_store::a_list_is_left_and_joined_once,
        announcement_store::members_are_read_in_the_order_of_their_accounts,
        announcement_store::holders_of_tickets_are_read_by_event_by_type_and_by_organisation,
        announcement_store::guests_of_several_events_are_read_in_pages_that_meet,
        announcement_store::who_was_let_in_and_who_waits_are_audiences_of_their_own,
        announcement_store::an_announcement_is_changed_until_it_goes_out_and_it_is_on_record,
        document_store::a_document_reads_back_whole,
        document_store::an_invoice_takes_the_place_of_the_receipt,
        document_store::billing_details_read_back_whole,
        door_store::a_scan_reads_back_whole,
        door_store::scans_told_in_any_order_come_to_the_same,
        door_store::conflicts_come_the_latest_first_in_pages_that_meet,
        door_store::counts_say_what_happened_at_the_door,
        door_store::tickets_of_an_event_come_in_pages_that_meet,
        door_store::who_insists_passes_and_it_is_kept,
        door_store::who_was_let_in_attended_and_where_nobody_scans_who_holds_a_ticket,
        event_store::what_is_held_is_not_deleted,
        event_store::a_listing_brings_ticket_types_with_their_stock,
        event_store::a_listing_finds_every_word_in_any_order,
        event_store::events_are_read_together_with_their_types,
        event_store::an_account_has_one_standing_in_an_organisation,
        event_store::owners_who_remove_each_other_leave_one,
        figures_store::what_is_sold_and_paid_is_counted,
        figures_store::what_goes_back_is_taken_from_what_it_was_paid_for,
        figures_store::what_was_sold_before_the_first_look_is_counted,
        figures_store::who_was_there_before_returns,
        figures_store::lists_and_vouchers_are_counted,
        figures_store::what_is_kept_reads_back_whole,
        figures_store::days_are_replaced_and_forgotten,
        figures_store::days_are_added_up_as_they_are_asked_for,
        gallery_store::a_picture_reads_back_whole,
        gallery_store::a_wish_reads_back_whole,
        gallery_store::changes_are_kept,
        gallery_store::albums_are_listed_the_newest_first_in_pages_that_meet,
        gallery_store::pictures_are_listed_by_when_they_were_taken_in_pages_that_meet,
        gallery_store::pictures_are_found_by_id,
        gallery_store::pictures_of_an_album_are_locked_a_few_at_a_time,
        gallery_store::an_album_goes_when_its_pictures_have_gone,
        gallery_store::wishes_are_listed_the_newest_first_in_pages_that_meet,
        gallery_store::wishes_are_found_by_what_became_of_them,
        gallery_store::wishes_that_wait_are_counted_and_refused_ones_remembered,
        gallery_store::who_is_forgotten_leaves_no_words,
        gallery_store::an_upload_becomes_one_picture,
        gallery_store::what_a_gallery_owes_is_owed_with_its_cause,
        hook_store::a_hook_reads_back_whole,
        hook_store::a_hook_goes_with_its_calls,
        hook_store::an_organisation_has_so_many_hooks_however_many_are_made_at_once,
        hook_store::calls_are_listed_the_latest_first_in_pages_that_meet,
        hook_store::old_calls_are_dropped_and_open_ones_stay,
        hook_store::what_happens_is_told_to_each_hook_that_wants_it,
        hook_store::a_hook_is_told_nothing_twice,
        hook_store::a_call_is_made_again_until_it_is_answered_well,
        invite_store::codes_are_recognised_and_mailed_but_not_kept,
        invite_store::what_is_revoked_is_no_longer_valid,
        invite_store::pages_meet_without_gap_or_overlap,
        invite_budget::without_a_budget_nobody_gives_anything_away,
        invite_budget::who_is_erased_gives_nothing_away_any_more,
        invite_tree::a_frozen_branch_lets_nobody_in_and_makes_no_invites,
        invite_tree::the_tree_outlives_invites_and_people,
        audit_log::an_act_reads_back_to_the_letter,
        audit_log::acts_are_listed_the_newest_first_in_pages_that_meet,
        backup_store::a_backup_reads_back_whole,
        backup_store::the_desk_reads_back_whole_and_is_empty_at_first,
        backup_store::backups_are_listed_the_latest_first_in_pages_that_meet,
        backup_store::the_last_good_one_is_found_whatever_came_after_it,
        backup_store::a_backup_that_is_forgotten_is_gone,
        idempotency_store::what_is_released_can_be_repeated,
        idempotency_store::what_is_old_is_swept,
        ledger_store::entries_come_newest_first_in_pages_that_meet,
        ledger_store::entries_are_found_by_what_they_are_about,
        ledger_store::all_bookings_can_be_walked_through,
        maintenance_store::what_was_said_reads_back_whole,
        media_store::an_upload_reads_back_whole,
        media_store::a_change_of_an_upload_is_kept,
        media_store::living_uploads_are_listed_the_newest_first_in_pages_that_meet,
        media_store::overdue_uploads_are_found_the_longest_first,
        media_store::no_more_uploads_are_open_than_were_counted,
        media_store::what_was_signed_and_what_was_served_are_kept_apart,
        media_store::totals_are_those_of_their_months,
        media_store::who_was_sent_most_comes_first,
        media_store::a_link_counts_once_while_it_is_good,
        media_store::links_that_ended_are_forgotten,
        media_store::who_is_forgotten_stays_in_the_sums_of_the_months,
        messaging_store::a_letter_reads_back_whole,
        messaging_store::a_letter_is_added_once,
        messaging_store::letters_are_listed_the_newest_first_in_pages_that_meet,
        messaging_store::letters_are_found_by_all_that_is_given,
        messaging_store::letters_about_orders_are_found_together,
        messaging_store::letters_of_one_effect_are_locked_together,
        messaging_store::letters_in_trouble_are_counted_until_they_are_seen_to,
        messaging_store::who_is_forgotten_is_not_found_by_any_address,
        messaging_store::guests_of_an_order_are_forgotten_and_nobody_else,
        messaging_store::a_report_counts_once,
        messaging_store::an_address_is_suppressed_for_the_weightier_reason_and_let_through_again,
        messaging_store::what_is_old_is_swept_and_the_rest_stays,
        messaging_store::what_messaging_owes_is_owed_with_its_cause,
        music_store::a_set_reads_back_whole,
        music_store::sets_are_listed_the_newest_first_in_pages_that_meet,
        music_store::positions_are_listed_the_latest_first,
        music_store::a_set_goes_with_all_positions_in_it,
        music_store::who_is_forgotten_stopped_nowhere,
        music_store::progress_is_kept_while_a_set_is_processed,
        news_store::a_part_has_one_sender,
        news_store::what_was_sent_is_sent_no_more,
        news_store::what_is_to_be_sent_is_counted,
        news_store::what_was_sent_is_dropped_later_and_numbers_go_on,
        office_store::bookings_are_listed_the_latest_first_in_pages_that_meet,
        office_store::bookings_are_found_by_who_bought_them_or_holds_their_tickets,
        office_store::people_are_found_among_those_alone_who_bought_these_bookings_or_hold_their_tickets,
        office_store::payments_are_listed_with_their_bookings,
        office_store::what_does_not_move_is_named,
        office_store::cases_wait_for_a_person_and_are_closed_once,
        organisation_store::an_organisation_that_has_something_is_not_removed,
        outbox::what_is_postponed_comes_again,
        outbox::what_is_finished_is_gone,
        outbox::what_is_parked_waits_for_a_person,
        outbox::parked_ones_are_listed_the_latest_first_in_pages_that_meet,
        outbox::what_is_retried_is_claimed_once_more,
        outbox::work_is_listed_by_where_it_stands_in_pages_that_meet,
        outbox::work_is_found_by_domain_and_kind,
        outbox::what_is_set_aside_is_known_whole,
        outbox::what_is_discarded_is_gone_and_on_record,
        outbox::a_lease_is_made_longer_by_who_holds_it,
        own_store::logins_come_newest_first_whatever_became_of_them,
        own_store::links_come_newest_first_whatever_became_of_them,
        own_store::who_is_gone_leaves_no_device_behind,
        own_store::holds_of_a_buyer_come_newest_first,
        own_store::scans_are_found_by_who_made_them_and_by_their_tickets,
        own_store::cases_are_found_by_their_bookings,
        own_store::views_of_addresses_are_found_by_who_saw_them,
        own_store::uploads_come_newest_first_whatever_became_of_them,
        own_store::albums_and_pictures_are_found_by_who_made_them,
        own_store::sets_are_found_by_who_made_them,
        own_store::who_was_to_come_is_forgotten_with_the_buyer_and_not_before_it_is_time,
        place_store::pages_of_events_around_a_point_meet,
        place_store::events_are_read_together,
        place_store::views_come_newest_first_in_pages_that_meet,
        place_store::an_account_has_one_calendar,
        place_store::living_tickets_are_known_by_their_holder,
        place_use_cases::captions_are_read_together,
        quota_store::a_quota_reads_back_whole,
        quota_store::a_quota_that_types_share_is_not_deleted,
        seat_store::a_hall_reads_back_whole,
        seat_store::halls_are_listed_the_newest_first_in_pages_that_meet,
        seat_store::a_hall_of_which_an_event_was_made_is_not_deleted,
        seat_store::an_event_moves_to_another_hall_until_something_is_held,
        seat_store::a_seat_that_is_held_is_not_blocked,
        seat_store::late_money_gets_the_same_seats_or_goes_back,
        transfer_store::a_transfer_reads_back_whole,
        transfer_store::transfers_are_listed_the_latest_first_in_pages_that_meet,
        transfer_store::a_ticket_is_handed_on_and_nothing_else_changes,
        transfer_store::an_offer_ends_with_its_ticket,
        voucher_store::a_voucher_reads_back_whole,
        voucher_store::vouchers_come_newest_first_in_pages_that_meet,
        voucher_store::what_is_used_follows_from_what_lives,
        voucher_store::kept_places_are_counted_once_whatever_becomes_of_them,
        voucher_store::places_of_expired_vouchers_are_swept,
        waitlist_store::an_entry_reads_back_whole,
        waitlist_store::who_leaves_makes_room_for_the_next,
        waitlist_store::an_offer_that_nobody_takes_goes_to_the_next,
        waitlist_store::staff_offers_by_hand_and_nobody_else_gets_the_places,
        waitlist_store::a_list_ends_with_its_sale,
        waitlist_store::a_list_ends_with_its_event,
        waitlist_store::entries_come_in_their_order_in_pages_that_meet,
        waitlist_store::a_list_is_counted,
        waitlist_store::events_with_lists_are_found,
        waitlist_store::only_those_are_found_whom_something_free_fits,
        waitlist_store::what_staff_keeps_for_a_list_is_shown_to_nobody_else,
        waitlist_store::who_named_only_what_is_gone_waits_no_longer,
        waitlist_store::entries_of_a_buyer_come_newest_first_in_pages_that_meet,
        return_store::a_return_reads_back_whole,
        return_store::a_returned_ticket_is_offered_sold_again_and_paid_out_once,
        return_store::a_ticket_is_taken_back_while_its_place_is_free,
        return_store::returns_are_listed_the_latest_first_in_pages_that_meet,
    );

    let statements = prepared(&store).await;
    assert!(statements.len() > 60, "only {} statements were seen", statements.len());
    let mut faulty = Vec::new();
    for statement in statements {
        let lines = plan(&store, &statement).await;
        let whole = WHOLE.iter().any(|part| statement.statement.contains(part));
        let searches = |(at, line): (usize, &String)| {
            let scan = line.contains("Index Scan") || line.contains("Index Only Scan");
            !scan || lines.get(at + 1).is_some_and(|next| next.contains("Index Cond:"))
        };
        let indexed =
            !lines.iter().any(|line| line.contains("Seq Scan")) && lines.iter().enumerate().all(searches);
        if !whole && !indexed {
            faulty.push(format!("{}\n{}", statement.statement, lines.join("\n")));
        }
    }
    assert!(faulty.is_empty(), "{}", faulty.join("\n\n"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_claimed_is_found_by_its_domain() {
    let (store, _database) = single().await;
    outbox::what_is_not_asked_for_waits(Stores::of(Arc::new(store.clone()))).await;
    let statements = prepared(&store).await;
    let claim = statements.iter().find(|it| it.statement.contains("SKIP LOCKED")).unwrap();
    let lines = plan(&store, claim).await;
    // By the one that is sorted by time alone it would walk past all that other domains owe.
    assert!(lines.iter().any(|line| line.contains("effects_lane_idx")), "{lines:#?}");
    assert!(!lines.iter().any(|line| line.contains("effects_due_idx")), "{lines:#?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_fails_is_found_without_a_look_at_all_that_waits() {
    let (store, _database) = single().await;
    outbox::work_is_found_by_domain_and_kind(Stores::of(Arc::new(store.clone()))).await;
    for (part, index) in [
        ("last_error IS NOT NULL AND attempts > 0 AND (due_at", "effects_failing_idx"),
        ("AND domain <= $4", "effects_lane_idx"),
    ] {
        let statements = prepared(&store).await;
        let list = statements.iter().find(|it| it.statement.contains(part)).unwrap();
        let lines = plan(&store, list).await;
        assert!(lines.iter().any(|line| line.contains(index)), "{lines:#?}");
    }
}
