//! One session with the server and its prepared statements.

use std::collections::HashMap;

use postgres::types::ToSql;
use postgres::{Client, Statement};

use super::fault::{Fault, is_stale_plan};
use super::values::{Param, is_readable, is_writable};
use crate::row::{Row, Source};
use crate::statement::for_postgres;
use crate::tx::Setback;
use crate::{DbError, DbResult, Value};

/// A connection outside the pool.
pub(crate) struct Connection {
    client: Client,
    /// By address: statement texts are constants, and comparing them each time would cost more.
    statements: HashMap<(usize, usize), Statement>,
}

impl Connection {
    pub(super) fn new(client: Client) -> Self {
        Self {
            client,
            statements: HashMap::new(),
        }
    }

    /// Runs a statement without rows; the number of rows changed.
    pub(crate) fn execute(&mut self, sql: &'static str, params: &[Value]) -> Result<u64, Fault> {
        let statement = self.prepare(sql, params.len())?;
        let params: Vec<Param<'_>> = params.iter().map(Param).collect();
        let bound: Vec<&(dyn ToSql + Sync)> = params.iter().map(|one| one as _).collect();
        let outcome = self.client.execute(&statement, &bound);
        outcome.map_err(|error| self.fault(&error, sql))
    }

    /// Runs a statement with rows. The outer fault is the engine's, the inner one is of `map`.
    pub(crate) fn query<T>(
        &mut self,
        sql: &'static str,
        params: &[Value],
        map: &impl Fn(&Row<'_>) -> DbResult<T>,
    ) -> Result<DbResult<Vec<T>>, Fault> {
        let statement = self.prepare(sql, params.len())?;
        let params: Vec<Param<'_>> = params.iter().map(Param).collect();
        let bound: Vec<&(dyn ToSql + Sync)> = params.iter().map(|one| one as _).collect();
        let rows = self.client.query(&statement, &bound);
        let rows = rows.map_err(|error| self.fault(&error, sql))?;
        Ok(rows
            .iter()
            .map(|row| map(&Row(Source::Postgres(row))))
            .collect())
    }

    /// Runs statements without values.
    pub(crate) fn batch(&mut self, sql: &str) -> Result<(), Fault> {
        let outcome = self.client.batch_execute(sql);
        outcome.map_err(|error| self.fault(&error, sql))
    }

    pub(super) fn lock_row(&mut self, sql: &'static str, id: &Value) -> Result<(), Fault> {
        // No row, no lock: a sign-up writes an account that is not there yet.
        self.query(sql, std::slice::from_ref(id), &|_| Ok(()))
            .map(|_| ())
    }

    /// Makes the transaction durable.
    ///
    /// # Errors
    /// With a setback only if the server said that it lost a race: after any other fault it may
    /// have been kept, and running it again could do it twice.
    pub(super) fn commit(&mut self) -> Result<(), Fault> {
        self.batch("COMMIT").map_err(|fault| {
            let error = DbError::Unavailable(format!("COMMIT failed: {}", fault.error));
            let setback = fault.setback.filter(|setback| *setback == Setback::Race);
            Fault { error, setback }
        })
    }

    pub(super) fn rollback(&mut self) -> Result<(), Fault> {
        // A rollback that fails undoes the transaction all the same, with the connection.
        self.batch("ROLLBACK").map_err(|fault| Fault {
            setback: None,
            ..fault
        })
    }

    pub(super) fn is_closed(&self) -> bool {
        self.client.is_closed()
    }

    /// Prepares a statement and looks at the types the server gave its parameters and columns.
    pub(super) fn check(&mut self, sql: &'static str) -> DbResult<()> {
        let statement = self
            .client
            .prepare(&for_postgres(sql)?)
            .map_err(|error| self.fault(&error, sql).error)?;
        for (number, kind) in statement.params().iter().enumerate() {
            if !is_writable(kind) {
                return Err(DbError::Statement(format!(
                    "parameter ?{} became {kind}, give it a type with CAST: {sql}",
                    number + 1
                )));
            }
        }
        for column in statement.columns() {
            if !is_readable(column.type_()) {
                return Err(DbError::Statement(format!(
                    "column {} became {}, give it a type with CAST: {sql}",
                    column.name(),
                    column.type_()
                )));
            }
        }
        Ok(())
    }

    fn prepare(&mut self, sql: &'static str, given: usize) -> Result<Statement, Fault> {
        let key = (sql.as_ptr().addr(), sql.len());
        let statement = match self.statements.get(&key) {
            Some(statement) => statement.clone(),
            None => {
                let text = for_postgres(sql).map_err(|error| Fault {
                    error,
                    setback: None,
                })?;
                let prepared = self.client.prepare(&text);
                let statement = prepared.map_err(|error| self.fault(&error, sql))?;
                self.statements.insert(key, statement.clone());
                statement
            }
        };
        // The client would panic.
        if statement.params().len() != given {
            return Err(Fault::statement(format!(
                "{} values for {} parameters: {sql}",
                given,
                statement.params().len()
            )));
        }
        Ok(statement)
    }

    fn fault(&mut self, error: &postgres::Error, sql: &str) -> Fault {
        if let Some(answer) = error.as_db_error()
            && is_stale_plan(answer.code(), answer.message())
        {
            self.statements.clear();
        }
        Fault::of(error, sql)
    }
}
