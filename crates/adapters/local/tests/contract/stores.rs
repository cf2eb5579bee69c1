//! The contracts of the store ports.

/// In memory.
mod memory {
    use adapter_local::{LocalStore, Place};
    use std::sync::Arc;
    use testkit::Stores;

    async fn open() -> Stores {
        Stores::of(Arc::new(LocalStore::open(Place::Memory).unwrap().traced_by(testkit::outbox::trace)))
    }

    async fn open_streaming() -> Stores {
        Stores::of(Arc::new(LocalStore::open(Place::Memory).unwrap().streaming()))
    }

    testkit::account_store_contract!(open);
    testkit::account_use_cases_contract!(open);
    testkit::audit_log_contract!(open);
    testkit::audit_use_cases_contract!(open);
    testkit::backup_store_contract!(open);
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
    testkit::hook_store_contract!(open, open_streaming);
    testkit::idempotency_store_contract!(open);
    testkit::invite_budget_contract!(open);
    testkit::invite_store_contract!(open);
    testkit::invite_tree_contract!(open);
    testkit::ledger_store_contract!(open);
    testkit::maintenance_store_contract!(open);
    testkit::media_store_contract!(open);
    testkit::announcement_store_contract!(open);
    testkit::messaging_store_contract!(open);
    testkit::music_store_contract!(open);
    testkit::music_use_cases_contract!(open);
    testkit::news_store_contract!(open_streaming);
    testkit::unheard_news_contract!(open);
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
}

/// In a directory.
mod directory {
    use adapter_local::{LocalStore, Place};
    use std::sync::Arc;
    use testkit::Stores;

    async fn open() -> Stores {
        let directory = tempfile::tempdir().unwrap();
        let store = LocalStore::open(Place::Directory(directory.path().to_owned())).unwrap();
        Stores::of(Arc::new(store.traced_by(testkit::outbox::trace))).keeping(directory)
    }

    async fn open_streaming() -> Stores {
        let directory = tempfile::tempdir().unwrap();
        let store = LocalStore::open(Place::Directory(directory.path().to_owned())).unwrap().streaming();
        Stores::of(Arc::new(store)).keeping(directory)
    }

    testkit::account_store_contract!(open);
    testkit::account_use_cases_contract!(open);
    testkit::audit_log_contract!(open);
    testkit::audit_use_cases_contract!(open);
    testkit::backup_store_contract!(open);
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
    testkit::hook_store_contract!(open, open_streaming);
    testkit::idempotency_store_contract!(open);
    testkit::invite_budget_contract!(open);
    testkit::invite_store_contract!(open);
    testkit::invite_tree_contract!(open);
    testkit::ledger_store_contract!(open);
    testkit::maintenance_store_contract!(open);
    testkit::media_store_contract!(open);
    testkit::announcement_store_contract!(open);
    testkit::messaging_store_contract!(open);
    testkit::music_store_contract!(open);
    testkit::music_use_cases_contract!(open);
    testkit::news_store_contract!(open_streaming);
    testkit::unheard_news_contract!(open);
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
}

/// The same history on both.
mod model {
    use adapter_local::{LocalStore, Place};
    use std::sync::Arc;
    use testkit::Stores;
    use testkit::booking_model::the_same_history_gives_the_same_answers;

    #[tokio::test]
    async fn a_history_gives_the_same_answers_in_memory_and_on_disk() {
        for seed in 0..4 {
            let memory = LocalStore::open(Place::Memory).unwrap();
            let directory = tempfile::tempdir().unwrap();
            let disk = LocalStore::open(Place::Directory(directory.path().to_owned())).unwrap();
            let (memory, disk) = (Stores::of(Arc::new(memory)), Stores::of(Arc::new(disk)));
            the_same_history_gives_the_same_answers(memory, disk, seed, 120).await;
        }
    }
}
