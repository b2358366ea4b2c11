//! Rows in groups of deployments, so that no more of them are held than those of one group: nothing that is told of one
//! deployment's photographs and events depends on another's. A package of few rows is one group, and nothing is copied.

use std::collections::HashMap;

use tempfile::TempDir;

use super::deployments::Stands;
use super::package::Package;
use super::reading::Reading;
use crate::error::ImportError;
use crate::table::{Parts, Table};

/// Files that are open at a time while rows are copied.
const MOST_GROUPS: u64 = 200;
/// The tables whose rows are in groups.
const TABLES: [&str; 2] = ["media", "observations"];
const DEPLOYMENT: &str = "deploymentID";

/// How many rows a package has, and how many of each deployment.
pub(super) struct Counted {
    pub(super) total: u64,
    of: HashMap<String, u64>,
}

impl Counted {
    pub(super) fn of(package: &Package) -> Result<Self, ImportError> {
        let mut counted = Self { total: 0, of: HashMap::new() };
        if let Some(mut table) = package.table("deployments", &[])? {
            counted.total += table.count()?;
        }
        for name in TABLES {
            let Some(mut table) = package.table(name, &[])? else { continue };
            let (rows, of) = table.count_by(DEPLOYMENT)?;
            counted.total += rows;
            of.into_iter().for_each(|(id, rows)| *counted.of.entry(id).or_default() += rows);
        }
        Ok(counted)
    }
}

/// The groups of a package.
pub(super) struct Groups<'a> {
    package: &'a Package,
    /// How many there are.
    pub(super) count: usize,
    /// The folder of the copies goes with it.
    copies: Option<(HashMap<&'static str, Parts>, TempDir)>,
}

impl<'a> Groups<'a> {
    /// Groups of about so many rows; a deployment with more of them is one by itself. Rows that cannot be read are told
    /// here, and no more.
    ///
    /// # Errors
    /// At such a row, unless it may be left out; and when a copy cannot be written.
    pub(super) fn of(
        package: &'a Package,
        counted: &Counted,
        stands: &Stands,
        reading: &mut Reading<'_>,
    ) -> Result<Self, ImportError> {
        let whole = Self { package, count: 1, copies: None };
        let rows = counted.of.values().sum::<u64>();
        let most = reading.options.rows_at_once.max(rows / MOST_GROUPS);
        if rows <= most {
            return Ok(whole);
        }
        let (mut numbers, mut count, mut taken) = (HashMap::new(), 1, 0);
        for stand in &stands.all {
            let rows = counted.of.get(&stand.id).copied().unwrap_or_default();
            if taken > 0 && taken + rows > most {
                (count, taken) = (count + 1, 0);
            }
            taken += rows;
            numbers.insert(stand.id.as_str(), count - 1);
        }
        if count == 1 {
            return Ok(whole);
        }
        let dir = TempDir::new()
            .map_err(|source| ImportError::Unreadable { path: std::env::temp_dir(), source })?;
        let mut copies = HashMap::new();
        // Rows of no deployment are refused with those of the first.
        let group_of = |id: &str| numbers.get(id).copied().unwrap_or_default();
        for name in TABLES {
            let Some(table) = package.table(name, &[])? else { continue };
            let to = (dir.path(), name, count);
            let parts = table
                .split(DEPLOYMENT, &group_of, to, &mut |bad| reading.accept(Err::<(), _>(bad)).map(|_| ()))?;
            copies.insert(name, parts);
        }
        Ok(Self { package, count, copies: Some((copies, dir)) })
    }

    /// Opens the rows of one group.
    pub(super) fn group(&self, number: usize) -> Group<'_> {
        Group { groups: self, number }
    }
}

/// The rows of one group.
#[derive(Clone, Copy)]
pub(super) struct Group<'a> {
    groups: &'a Groups<'a>,
    number: usize,
}

impl<'a> Group<'a> {
    pub(super) fn package(self) -> &'a Package {
        self.groups.package
    }

    /// Other groups have rows as well.
    pub(super) fn is_part(self) -> bool {
        self.groups.copies.is_some()
    }

    /// Opens a table; `None` where the package has none.
    ///
    /// # Errors
    /// As [`Package::table`].
    pub(super) fn table(self, name: &str, columns: &[&str]) -> Result<Option<Table>, ImportError> {
        match &self.groups.copies {
            None => self.groups.package.table(name, columns),
            Some((copies, _)) => copies.get(name).map(|parts| parts.open(self.number, columns)).transpose(),
        }
    }

    /// Opens a table that every package has.
    ///
    /// # Errors
    /// As [`Package::required`].
    pub(super) fn required(self, name: &str, columns: &[&str]) -> Result<Table, ImportError> {
        match self.table(name, columns)? {
            Some(table) => Ok(table),
            None => self.groups.package.required(name, columns),
        }
    }
}
