//! How the schema of a database stands to the steps that a program knows.

use super::{MIGRATIONS, Migration, connect};
use crate::failure::failed;
use crate::pool::PgStore;
use crate::statement::text;
use diesel::sql_types::{Nullable, Text};
use diesel::{QueryResult, QueryableByName};
use diesel_async::{AsyncPgConnection, RunQueryDsl};
use kernel::StoreError;

/// How a database's schema stands to the one that this program knows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SchemaState {
    /// The same.
    UpToDate,
    /// These steps are missing, by name: run `migrate`.
    Behind(Vec<String>),
    /// It has all that this program needs, and steps that the program does not know, by version, each of which it can
    /// live with.
    Ahead(Vec<String>),
    /// Steps were applied that this program does not know, by version, and it cannot live with them: one took something
    /// away that the program may need, or one that the program knows is missing, so that they come from another line of
    /// versions.
    TooOld(Vec<String>),
}

/// A step that was applied, as it was noted.
#[derive(Debug, Clone, PartialEq, Eq, QueryableByName)]
pub(super) struct Applied {
    #[diesel(sql_type = Text)]
    pub(super) version: String,
    /// The floor: the version of the oldest step that a program must know to live with this one. `None`: every program
    /// that knows the steps before can.
    #[diesel(sql_type = Nullable<Text>)]
    pub(super) needs: Option<String>,
}

/// Decides how a schema of these applied steps stands to a program that knows those.
pub(super) fn judge(known: &[Migration], applied: &[Applied]) -> SchemaState {
    let knows = |version: &str| known.iter().any(|step| step.version() == version);
    let has = |step: &Migration| applied.iter().any(|noted| noted.version == step.version());
    let missing: Vec<String> =
        known.iter().filter(|step| !has(step)).map(|step| step.name.to_owned()).collect();
    let unknown: Vec<&Applied> = applied.iter().filter(|noted| !knows(&noted.version)).collect();
    if unknown.is_empty() {
        return if missing.is_empty() { SchemaState::UpToDate } else { SchemaState::Behind(missing) };
    }
    let survived = unknown.iter().all(|noted| noted.needs.as_deref().is_none_or(knows));
    let steps = unknown.into_iter().map(|noted| noted.version.clone()).collect();
    if survived && missing.is_empty() { SchemaState::Ahead(steps) } else { SchemaState::TooOld(steps) }
}

/// Compares a database's schema with the one that this program knows.
///
/// # Errors
/// [`StoreError`].
pub async fn schema_state(url: &str) -> Result<SchemaState, StoreError> {
    schema_state_by(url, &MIGRATIONS).await
}

/// As [`schema_state`], for a program that knows these steps.
///
/// # Errors
/// [`StoreError`].
pub async fn schema_state_by(url: &str, steps: &[Migration]) -> Result<SchemaState, StoreError> {
    Ok(judge(steps, &noted(&mut connect(url).await?).await?))
}

impl PgStore {
    /// Compares the database's schema with the one that this program knows.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn schema_state(&self) -> Result<SchemaState, StoreError> {
        let mut connection = self.connection("looking at the schema").await?;
        Ok(judge(&MIGRATIONS, &noted(&mut connection).await?))
    }
}

/// What was applied, in the order of its application.
pub(super) async fn noted(connection: &mut AsyncPgConnection) -> Result<Vec<Applied>, StoreError> {
    let doing = "reading the applied migrations";
    let there: QueryResult<Vec<Applied>> = text(
        "SELECT relname::text AS version, NULL::text AS needs FROM pg_class \
         WHERE oid = to_regclass('__diesel_schema_migrations')",
    )
    .load(connection)
    .await;
    if there.map_err(failed(doing))?.is_empty() {
        return Ok(Vec::new());
    }
    // The column is not there where only diesel's own tool or a version without floors has been.
    let rows: QueryResult<Vec<Applied>> = text(
        "SELECT version::text, to_jsonb(step) ->> 'needs' AS needs \
         FROM __diesel_schema_migrations AS step ORDER BY version",
    )
    .load(connection)
    .await;
    rows.map_err(failed(doing))
}

/// The versions of what was applied, in the order of its application.
pub(crate) async fn applied(connection: &mut AsyncPgConnection) -> Result<Vec<String>, StoreError> {
    Ok(noted(connection).await?.into_iter().map(|noted| noted.version).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    const fn step(name: &'static str, up: &'static str) -> Migration {
        Migration { name, up, down: "" }
    }

    const KNOWN: [Migration; 3] = [
        step("2026-01-01-000001_a", ""),
        step("2026-01-01-000002_b", ""),
        step("2026-02-01-000003_c", "-- needs: 2026-01-01-000002\n"),
    ];
    const A: &str = "20260101000001";
    const B: &str = "20260101000002";
    const C: &str = "20260201000003";
    const D: &str = "20260301000004";
    const E: &str = "20260301000005";

    fn judged(applied: &[(&str, Option<&str>)]) -> SchemaState {
        let noted = |&(version, needs): &(&str, Option<&str>)| Applied {
            version: version.to_owned(),
            needs: needs.map(str::to_owned),
        };
        judge(&KNOWN, &applied.iter().map(noted).collect::<Vec<_>>())
    }

    fn owned(steps: &[&str]) -> Vec<String> {
        steps.iter().map(|step| (*step).to_owned()).collect()
    }

    /// All that is known, and more.
    fn beyond(more: &[(&str, Option<&str>)]) -> SchemaState {
        let all = [(A, None), (B, None), (C, Some(B))];
        judged(&[all.as_slice(), more].concat())
    }

    #[test]
    fn what_is_known_is_there_or_missing() {
        assert_eq!(beyond(&[]), SchemaState::UpToDate);
        let missing = owned(&["2026-01-01-000002_b", "2026-02-01-000003_c"]);
        assert_eq!(judged(&[(A, None)]), SchemaState::Behind(missing));
        // One that was written earlier and came later.
        assert_eq!(judged(&[(A, None), (C, Some(B))]), SchemaState::Behind(owned(&["2026-01-01-000002_b"])));
        let all = KNOWN.map(|step| step.name.to_owned()).to_vec();
        assert_eq!(judged(&[]), SchemaState::Behind(all));
    }

    #[test]
    fn a_step_that_is_not_known_is_lived_with_down_to_its_floor() {
        assert_eq!(beyond(&[(D, None)]), SchemaState::Ahead(owned(&[D])));
        assert_eq!(beyond(&[(D, Some(A))]), SchemaState::Ahead(owned(&[D])));
        assert_eq!(beyond(&[(D, None), (E, Some(C))]), SchemaState::Ahead(owned(&[D, E])));
        assert_eq!(beyond(&[(D, None), (E, Some(D))]), SchemaState::TooOld(owned(&[D, E])));
        assert_eq!(beyond(&[(D, Some(D)), (E, None)]), SchemaState::TooOld(owned(&[D, E])));
    }

    #[test]
    fn the_floor_of_a_step_that_is_known_says_nothing_to_who_knows_it() {
        assert_eq!(judged(&[(A, None), (B, None), (C, Some(E))]), SchemaState::UpToDate);
    }

    #[test]
    fn steps_of_another_line_of_versions_are_not_lived_with() {
        assert_eq!(judged(&[(A, None), (C, Some(B)), (D, None)]), SchemaState::TooOld(owned(&[D])));
        assert_eq!(judged(&[(D, None)]), SchemaState::TooOld(owned(&[D])));
    }

    #[test]
    fn a_floor_stands_among_the_comments_at_the_head_of_a_step() {
        let needs = |up| step("2026-03-01-000004_d", up).needs();
        assert_eq!(KNOWN[2].needs().as_deref(), Some(B));
        let whole = "-- no transaction\n-- Why.\n-- needs: 2026-01-01-000002_b\n\nDROP TABLE t;\n";
        assert_eq!(needs(whole).as_deref(), Some(B));
        for none in ["", "DROP TABLE t;\n-- needs: 2026-01-01-000002\n", "-- It needs: nothing.\nSELECT 1;\n"]
        {
            assert_eq!(needs(none), None, "{none}");
        }
    }
}
