//! Every call × every kind of person, with ids of things that are there.
//!
//! [`table`] says who is answered what, [`world`] makes the things. That a call is in the table at all is held against
//! the served document.

mod calls;
mod table;
pub(crate) mod world;

use crate::harness::shop::Store;
use crate::harness::{Answer, answer, method, on_each_store};
use calls::{body, served};
use reqwest::RequestBuilder;
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
use table::{ROLES, Row, rows};
use world::{Someone, World};

on_each_store!(every_call_answers_everybody_as_the_table_has_it);

/// No thing has it.
const NOBODYS: &str = "01900000-0000-7000-8000-000000000000";

#[test]
fn the_table_has_every_call_once() {
    let mut calls = BTreeSet::new();
    for row in rows() {
        assert!(calls.insert(row.route.to_owned()), "{} is there twice", row.route);
        assert_eq!(row.expected.len(), ROLES.len(), "{}", row.route);
    }
    assert_eq!(calls, served());
}

/// The path of a call with these ids in the places of its parameters.
fn path_of(pattern: &str, ids: &[String]) -> String {
    let mut ids = ids.iter();
    let part = |part: &str| match (part.starts_with('{'), part.split_once('}')) {
        (true, Some((_, rest))) => format!("{}{rest}", ids.next().expect("an id for each parameter")),
        _ => part.to_owned(),
    };
    pattern.split('/').map(part).collect::<Vec<_>>().join("/")
}

async fn send(request: RequestBuilder, endless: bool) -> Answer {
    if !endless {
        return answer(request).await;
    }
    let response = request.send().await.unwrap();
    let (status, headers) = (response.status().as_u16(), response.headers().clone());
    // A good answer goes on for ever; a problem is read.
    let text = if status < 300 { String::new() } else { response.text().await.unwrap() };
    let json = serde_json::from_str(&text).unwrap_or(Value::Null);
    Answer { status, headers, text, json }
}

/// What somebody is answered by a call.
async fn ask(row: &Row, who: &Someone, ids: &[String], world: &World) -> Answer {
    let (name, pattern) = row.route.split_once(' ').unwrap();
    let client = if row.ends_sessions { world.another_session(who).await } else { who.client.clone() };
    // What is saved lies elsewhere; nobody is sent there.
    let query = if pattern.ends_with("/download") { "?link=true" } else { "" };
    let request = client.request(method(name), &format!("{}{query}", path_of(pattern, ids)));
    let request = match name {
        "GET" => request,
        _ => request.json(&world.body(row.route).unwrap_or_else(|| body(row.route))),
    };
    send(request, pattern.ends_with("/stream")).await
}

/// Whether an answer is what a letter of the table stands for.
fn is_as(letter: char, status: u16) -> bool {
    match letter {
        'u' => status == 401,
        'f' => status == 403,
        'n' => status == 404,
        'i' => status == 422,
        '+' => status < 500 && ![401, 403, 404].contains(&status),
        other => panic!("{other} stands for nothing"),
    }
}

async fn every_call_answers_everybody_as_the_table_has_it(store: Store) {
    let world = World::with_everything(store).await;
    let (mut wrong, mut never) = (Vec::new(), BTreeMap::new());
    for row in rows() {
        let (mut done, mut last) = (false, String::new());
        for (who, letter) in world.people.iter().zip(row.expected.chars()) {
            let ids = world.things(row.things, letter == '+').await;
            let answered = ask(&row, who, &ids, &world).await;
            let what = format!("{} as {}: {} {}", row.route, who.role, answered.status, answered.text);
            done |= answered.status < 400;
            if letter == '+' && (last.is_empty() || who.role == "attendee") {
                last = what.chars().take(300).collect();
            }
            if answered.status == 201 && answered.header("location").is_empty() {
                wrong.push(format!("no Location: {what}"));
            }
            if !is_as(letter, answered.status) {
                wrong.push(format!("not {letter}: {}", what.chars().take(300).collect::<String>()));
            }
            if row.route.contains("/admin/") && who.role.starts_with("far") {
                assert!(!world.is_told(&answered.text, &ids), "it is told of what is foreign: {what}");
            }
            if letter == 'n' && !ids.is_empty() {
                let nobodys = |id: &String| if id.len() == NOBODYS.len() { NOBODYS } else { id }.to_owned();
                let nowhere: Vec<_> = ids.iter().map(nobodys).collect();
                let other = ask(&row, who, &nowhere, &world).await;
                if (other.status, without_name(&other)) != (answered.status, without_name(&answered)) {
                    wrong.push(format!("{what}\n  where nothing is: {}", other.text));
                }
            }
        }
        if !done {
            never.insert(row.route, last);
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    let known: BTreeSet<_> = table::NEVER.iter().map(|(call, _)| *call).collect();
    assert_eq!(never.keys().copied().collect::<BTreeSet<_>>(), known, "nobody is answered well: {never:#?}");
    assert_eq!(world.shop.app.app.bookings.stock_differences().await.unwrap(), []);
}

/// A problem without the name of its request.
fn without_name(answered: &Answer) -> Value {
    let mut problem = answered.json.clone();
    if let Some(problem) = problem.as_object_mut() {
        problem.remove("request_id");
    }
    problem
}
