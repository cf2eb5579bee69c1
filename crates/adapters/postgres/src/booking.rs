//! Holds, bookings, payments, tickets and the door.
//!
//! What a batch of buyers needs is one statement per call, however many they are: columns travel as arrays and are
//! put together again by `unnest`.

mod cancelling;
mod close;
mod dispute;
mod document;
mod door;
mod door_reads;
mod figures;
mod hold;
mod holders;
mod incident;
mod job;
mod ledger;
mod office;
mod order;
mod outside;
mod own;
mod payment;
mod reads;
mod returns;
mod sale;
mod seat;
mod ticket;
mod transfer;
mod voucher;
mod waitlist;
