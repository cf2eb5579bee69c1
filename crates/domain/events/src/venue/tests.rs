use super::*;
use crate::samples::noon;

fn hall() -> VenueTemplate {
    VenueTemplate::named(OrganisationId::generate(noon()), "The hall", noon()).unwrap()
}

fn input() -> SectionInput {
    SectionInput {
        name: "Stalls".into(),
        row_start: "A".into(),
        row_end: "C".into(),
        seats_per_row: 4,
        price_multiplier: Some("1.25".into()),
        position: None,
    }
}

#[test]
fn rows_are_named_as_people_write_them() {
    let names = |start, end| rows(start, end).map(|names| names.join(" "));
    assert_eq!(names("A", "D").unwrap(), "A B C D");
    assert_eq!(names("y", "ab").unwrap(), "Y Z AA AB");
    assert_eq!(names("9", "12").unwrap(), "9 10 11 12");
    assert_eq!(names("C", "A"), Err(("row_end", "before_start")));
    assert_eq!(names("A", "3"), Err(("row_end", "malformed")));
    assert_eq!(names("", "A"), Err(("row_start", "malformed")));
    assert_eq!(names("Ä", "Z"), Err(("row_start", "malformed")));
    assert_eq!(names("1", "201"), Err(("row_end", "too_many")));
    assert_eq!(names("1", "200").unwrap().split(' ').count(), 200);
}

#[test]
fn a_factor_is_exact() {
    for (text, thousandths) in
        [("1", 1000), ("1.25", 1250), ("0.875", 875), ("1.250000", 1250), ("0", 0), ("100", 100_000)]
    {
        assert_eq!(Factor::read(text).map(Factor::thousandths), Ok(thousandths), "{text}");
    }
    for (text, code) in [
        ("1.0001", "malformed"),
        ("-1", "malformed"),
        ("1e3", "malformed"),
        (".5", "malformed"),
        ("100.001", "out_of_range"),
        ("99999999999", "out_of_range"),
    ] {
        assert_eq!(Factor::read(text), Err(code), "{text}");
    }
    assert_eq!(Factor(1250).of(Money::eur(2499)), Some(Money::eur(3124)));
}

#[test]
fn a_section_has_its_seats_in_rows() {
    let (hall, section) = hall().with(&input(), noon()).unwrap();
    assert_eq!((hall.seats(), section.rows.len(), section.for_sale()), (12, 3, 12));
    let labels: Vec<_> = section.seats().map(|(row, seat)| section.label(row, seat)).collect();
    assert_eq!((labels[0].as_str(), labels[11].as_str()), ("Stalls A-1", "Stalls C-4"));
}

#[test]
fn what_is_wrong_with_a_section_is_named_at_once_and_no_hall_grows_without_end() {
    let wrong = SectionInput {
        name: " ".into(),
        row_end: "1".into(),
        seats_per_row: 0,
        price_multiplier: Some("x".into()),
        ..input()
    };
    let codes = |input: SectionInput| {
        let mistakes = hall().with(&input, noon()).unwrap_err();
        mistakes.into_iter().map(|it| (it.field, it.code)).collect::<Vec<_>>()
    };
    let expected = [
        ("name", "required"),
        ("seats_per_row", "out_of_range"),
        ("price_multiplier", "malformed"),
        ("row_end", "malformed"),
    ];
    assert_eq!(codes(wrong), expected.map(|(field, code)| (field.to_owned(), code)));
    let largest =
        SectionInput { row_start: "1".into(), row_end: "200".into(), seats_per_row: 100, ..input() };
    let (full, _) = hall().with(&largest, noon()).unwrap();
    assert_eq!(full.seats(), MOST_SEATS);
    assert_eq!(full.with(&input(), noon()).unwrap_err()[0].code, "too_many");
}

#[test]
fn no_two_sections_of_a_hall_have_one_name() {
    let (hall, stalls) = hall().with(&input(), noon()).unwrap();
    let codes =
        |mistakes: Vec<Invalid>| mistakes.into_iter().map(|it| (it.field, it.code)).collect::<Vec<_>>();
    let taken = [("name".to_owned(), "taken")];
    assert_eq!(
        codes(hall.with(&SectionInput { name: " stalls ".into(), ..input() }, noon()).unwrap_err()),
        taken
    );
    let (hall, circle) = hall.with(&SectionInput { name: "Circle".into(), ..input() }, noon()).unwrap();
    let edit = |name: &str| SectionEdit { name: name.into(), price_multiplier: None, position: None };
    assert_eq!(codes(hall.with_edited(circle.id, &edit("STALLS"), noon()).unwrap_err()), taken);
    // Its own name is no other's.
    let (hall, stalls) = hall.with_edited(stalls.id, &edit("STALLS"), noon()).unwrap().unwrap();
    assert_eq!(stalls.name, "STALLS");
    assert!(hall.with(&SectionInput { name: "Boxes".into(), ..input() }, noon()).is_ok());
}

#[test]
fn a_section_is_renamed_moved_and_removed_and_keeps_its_seats() {
    let (hall, stalls) = hall().with(&input(), noon()).unwrap();
    let (hall, circle) = hall.with(&SectionInput { name: "Circle".into(), ..input() }, noon()).unwrap();
    let edit = SectionEdit { name: "Parterre".into(), price_multiplier: Some("2".into()), position: Some(9) };
    let (after, parterre) = hall.with_edited(stalls.id, &edit, noon()).unwrap().unwrap();
    assert_eq!((parterre.id, &parterre.rows), (stalls.id, &stalls.rows));
    assert_eq!((parterre.factor.thousandths(), parterre.position), (2000, 9));
    assert_eq!(after.sections, [circle.clone(), parterre.clone()]);
    let kept = SectionEdit { price_multiplier: None, position: None, ..edit.clone() };
    assert_eq!(after.with_edited(parterre.id, &kept, noon()).unwrap(), Some((after.clone(), parterre)));
    let wrong = SectionEdit { name: String::new(), price_multiplier: Some("x".into()), position: Some(-1) };
    let mistakes = after.with_edited(circle.id, &wrong, noon()).unwrap_err();
    let fields: Vec<_> = mistakes.iter().map(|it| it.field.as_str()).collect();
    assert_eq!(fields, ["name", "price_multiplier", "position"]);
    let less = after.without(stalls.id, noon()).unwrap();
    assert_eq!(less.sections, [circle]);
    assert_eq!(less.without(stalls.id, noon()), None);
    assert_eq!(less.with_edited(stalls.id, &edit, noon()), Ok(None));
}

#[test]
fn seats_are_changed_by_id_and_unknown_ones_named() {
    let (hall, section) = hall().with(&input(), noon()).unwrap();
    let id = section.rows[1].seats[2].id;
    let block =
        |seat| SeatChange { seat, accessible: None, blocked: Some(true), aisle_after: None, price: None };
    let after = hall.edited("Hall two", &[block(id)], noon()).unwrap();
    assert!(after.sections[0].rows[1].seats[2].blocked);
    assert_eq!((after.name.as_str(), after.sections[0].for_sale()), ("Hall two", 11));
    let twice = hall.edited("Hall", &[block(id), block(id)], noon()).unwrap_err();
    assert_eq!(twice[0].code, "repeated");
    let strange = hall.edited("Hall", &[block(SeatId::generate(noon()))], noon()).unwrap_err();
    assert_eq!((strange[0].field.as_str(), strange[0].code), ("seats.0.id", "unknown"));
}

#[test]
fn a_hall_reads_back_and_plain_seats_are_kept_small() {
    let (hall, _) = hall().with(&input(), noon()).unwrap();
    let text = serde_json::to_string(&hall).unwrap();
    assert!(text.contains(r#""n":4}"#), "{text}");
    assert_eq!(serde_json::from_str::<VenueTemplate>(&text).unwrap(), hall);
}
