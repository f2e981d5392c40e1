//! The place of each task in the picture: columns by how long it has to wait, rows by its neighbours.
//!
//! Numbers only: `svg` and `node` draw.

use super::node::Node;

/// The number of rounds in which rows are sorted by their connections.
const ROUNDS: usize = 4;

/// A task's place, in columns and rows.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Spot {
    pub column: usize,
    pub row: usize,
}

/// The place of each node, in their order. It ends for a cycle, too, although no plan has one.
pub(super) fn spots(nodes: &[Node]) -> Vec<Spot> {
    let columns = columns(nodes);
    let width = columns.iter().max().map_or(0, |last| last + 1);
    let mut rows: Vec<Vec<usize>> = vec![Vec::new(); width];
    for (at, column) in columns.iter().enumerate() {
        if let Some(list) = rows.get_mut(*column) {
            list.push(at);
        }
    }
    let mut row_of = vec![0usize; nodes.len()];
    number(&rows, &mut row_of);
    for _ in 0..ROUNDS {
        for list in &mut rows {
            let mut wish: Vec<(usize, usize)> =
                list.iter().map(|at| (wished(nodes.get(*at), &row_of, row_of[*at]), *at)).collect();
            wish.sort();
            *list = wish.into_iter().map(|(_, at)| at).collect();
        }
        number(&rows, &mut row_of);
    }
    columns.into_iter().zip(row_of).map(|(column, row)| Spot { column, row }).collect()
}

/// The column of each task: the length of the longest path to it.
fn columns(nodes: &[Node]) -> Vec<usize> {
    let mut columns = vec![0usize; nodes.len()];
    // Each round settles at least one more column; the limit on rounds ends a cycle
    for _ in 0..nodes.len() {
        let mut settled = true;
        for (at, node) in nodes.iter().enumerate() {
            let before = node.after.iter().chain(&node.parent).filter(|before| **before != at);
            let needed =
                before.filter_map(|before| columns.get(*before)).max().map_or(0, |column| column + 1);
            if needed > columns[at] && needed < nodes.len() {
                columns[at] = needed;
                settled = false;
            }
        }
        if settled {
            break;
        }
    }
    // A cycle leaves empty columns
    let mut used = columns.clone();
    used.sort_unstable();
    used.dedup();
    columns.iter().map(|column| used.binary_search(column).unwrap_or(0)).collect()
}

/// The mean row of the tasks that it waits for, in hundredths; its own row if it waits for none.
fn wished(node: Option<&Node>, row_of: &[usize], own: usize) -> usize {
    let before: Vec<usize> = node
        .iter()
        .flat_map(|node| node.after.iter().chain(&node.parent))
        .filter_map(|before| row_of.get(*before).copied())
        .collect();
    if before.is_empty() { own * 100 } else { before.iter().sum::<usize>() * 100 / before.len() }
}

fn number(rows: &[Vec<usize>], row_of: &mut [usize]) {
    for list in rows {
        for (row, at) in list.iter().enumerate() {
            row_of[*at] = row;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::node::node;
    use super::*;

    fn check(after: &[&[usize]]) -> Vec<(usize, usize)> {
        let nodes: Vec<Node> = after.iter().map(|after| node("t", "t", "waiting", after)).collect();
        spots(&nodes).into_iter().map(|spot| (spot.column, spot.row)).collect()
    }

    #[test]
    fn tasks_stand_behind_what_they_wait_for() {
        assert_eq!(check(&[]), []);
        assert_eq!(check(&[&[], &[0], &[0], &[1, 2]]), [(0, 0), (1, 0), (1, 1), (2, 0)]);
        assert_eq!(check(&[&[1], &[]]), [(1, 0), (0, 0)], "in whatever order they were planned");
    }

    #[test]
    fn edges_do_not_cross_without_need() {
        assert_eq!(check(&[&[], &[], &[1], &[0]]), [(0, 0), (0, 1), (1, 1), (1, 0)]);
    }

    #[test]
    fn a_cycle_and_a_wrong_position_are_drawn_nonetheless() {
        assert_eq!(check(&[&[1], &[0], &[2], &[99]]).len(), 4);
    }
}
