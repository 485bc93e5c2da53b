//! Lists: those who ask for the same page at the same time are answered with one.

use std::{sync::Arc, time::Duration};

use tokio::task::JoinSet;

use super::{Inner, measured::measured, row};
use crate::{
    request::{
        owner::Owner,
        selection::{Filter, Selection},
    },
    store::{
        Listed, MOST_BYTES, StoreError,
        batch::{Asked, Lane, Most, Queue, Size},
        connection::{Parameter, Rows},
        failure::Failure,
        link::Use,
        retry::Tries,
        select::{Dialect, Select, count, select},
    },
    task::Task,
};

/// Longer lists keep others from their answers, and so use a connection alone; as do those of tasks that are large.
const LONG: i64 = 100;

const POSTGRES: Dialect = Dialect { parameter: '$', like: "ILIKE" };

/// Those who ask for pages.
pub(super) type Lists = Arc<Queue<Wanted, Page>>;

pub(super) fn lists() -> Lists {
    Queue::new(Most { questions: 256, bytes: usize::MAX })
}

/// A page, who asks for it, and how long the answer may take.
#[derive(Debug)]
pub(super) struct Wanted {
    owner: Owner,
    selection: Selection,
    time: Duration,
}

impl Size for Wanted {
    fn bytes(&self) -> usize {
        size_of::<Self>()
    }
}

pub(super) type Page = Result<Arc<Listed>, Failure>;

impl Inner {
    pub(super) async fn list(
        self: &Arc<Self>,
        owner: &Owner,
        selection: &Selection,
    ) -> Result<Arc<Listed>, StoreError> {
        let is_long = selection.limit > LONG || selection.filter != Filter::default();
        if is_long || self.large.is_likely() {
            return self.list_alone(owner, selection).await.map(Arc::new);
        }
        let wanted = |time| Wanted { owner: owner.clone(), selection: selection.clone(), time };
        self.ask(&self.lists, wanted, Self::list_batches).await
    }

    pub(super) async fn count(&self, owner: &Owner, filter: &Filter) -> Result<i64, StoreError> {
        let (sql, values) = count(filter, owner, POSTGRES);
        let parameters: Vec<Parameter> = values.iter().map(|value| (value as _, row::kind(value))).collect();
        let rows = self.query(Use::Alone, Tries::long_read(), &sql, &parameters).await?;
        let count = rows.first().map_or(Ok(0), |row| row.try_get(0));
        count.map_err(|error| Failure::of_statement(error).of_read())
    }

    async fn list_alone(&self, owner: &Owner, selection: &Selection) -> Result<Listed, StoreError> {
        let Select { sql, values, order } = select(selection, owner, POSTGRES);
        let parameters: Vec<Parameter> = values.iter().map(|value| (value as _, row::kind(value))).collect();
        let (rows, mut held) = self.query_measured(&measured(&sql, &order, ""), &parameters).await?;
        let tasks = self.tasks(&rows).map_err(Failure::of_read)?;
        let shrink = |bytes| {
            held.shrink(bytes);
            Some(held)
        };
        Listed::of(tasks, selection.limit, rows.is_cut, shrink).ok_or(StoreError::NoRoom)
    }

    async fn list_batches(self: Arc<Self>, mut lane: Lane<Wanted, Page>) {
        while let Some(batch) = lane.next() {
            let mut pages: JoinSet<()> =
                alike(batch).into_iter().map(|asked| Arc::clone(&self).list_for(asked)).collect();
            while pages.join_next().await.is_some() {}
        }
    }

    /// Answers all who ask for one page.
    async fn list_for(self: Arc<Self>, asked: Vec<Asked<Wanted, Page>>) {
        let Some(Asked { question, .. }) = asked.first() else { return };
        let page = self.list_once(question).await.map(Arc::new);
        for Asked { answer, .. } in asked {
            let _ = answer.send(page.clone());
        }
    }

    async fn list_once(&self, Wanted { owner, selection, time }: &Wanted) -> Result<Listed, Failure> {
        let Select { sql, values, .. } = select(selection, owner, POSTGRES);
        let parameters: Vec<Parameter> = values.iter().map(|value| (value as _, row::kind(value))).collect();
        let rows = self.link.query_some(Use::Reading, *time, &sql, &parameters, MOST_BYTES).await?;
        let tasks = self.tasks(&rows)?;
        let hold = |bytes| self.budget.hold_beyond_free(bytes);
        Listed::of(tasks, selection.limit, rows.is_cut, hold).ok_or_else(Failure::no_room)
    }

    fn tasks(&self, Rows { rows, is_cut }: &Rows) -> Result<Vec<Task>, Failure> {
        self.large.see(*is_cut);
        rows.iter().map(row::task).collect()
    }
}

/// By the pages that are asked for.
fn alike(batch: Vec<Asked<Wanted, Page>>) -> Vec<Vec<Asked<Wanted, Page>>> {
    let mut pages: Vec<Vec<Asked<Wanted, Page>>> = Vec::new();
    for asked in batch {
        let is_same =
            |other: &Wanted| other.owner == asked.question.owner && other.selection == asked.question.selection;
        match pages.iter_mut().find(|page| page.first().is_some_and(|first| is_same(&first.question))) {
            Some(page) => page.push(asked),
            None => pages.push(vec![asked]),
        }
    }
    pages
}

#[cfg(test)]
mod tests {
    use tokio::sync::oneshot::channel;

    use super::*;
    use crate::epoch::Epoch;

    #[test]
    fn one_page_answers_only_those_who_ask_for_the_same_of_their_own() {
        let asked = |(owner, query): (&str, &str)| {
            let owner = Owner::new(owner.into());
            let selection = Selection::parse(query, &owner, Epoch::default()).unwrap();
            Asked { question: Wanted { owner, selection, time: Duration::ZERO }, answer: channel().0 }
        };
        let all = [("a", ""), ("b", ""), ("a", "limit=100"), ("a", "limit=7"), ("a", "sort=-id"), ("b", "x=y")];
        let pages = alike(all.into_iter().map(asked).collect());
        assert_eq!(pages.iter().map(Vec::len).collect::<Vec<_>>(), [2, 2, 1, 1]);
    }
}
