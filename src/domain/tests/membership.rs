//! Placement moves no more than it must, and votes need two.

use std::collections::{HashMap, HashSet};

use super::super::entity::{SHARDS, Shard};
use super::super::membership::{Incarnation, Node, NodeState, is_outvoted, may_serve, target};

fn node(number: i64, name: &str) -> Node {
    Node {
        incarnation: Incarnation(number),
        name: name.to_owned(),
        address: Some(format!("{name}:7400")),
        state: NodeState::Active,
        leased: true,
    }
}

fn three() -> Vec<Node> {
    vec![node(1, "a"), node(2, "b"), node(3, "c")]
}

fn placed(nodes: &[Node]) -> HashMap<Shard, Incarnation> {
    Shard::all().map(|shard| (shard, target(shard, nodes).unwrap())).collect()
}

#[test]
fn shards_are_spread_and_the_order_of_rows_does_not_matter() {
    let (nodes, mut turned) = (three(), three());
    turned.reverse();
    assert_eq!(placed(&nodes), placed(&turned));
    for node in &nodes {
        let share = placed(&nodes).values().filter(|owner| **owner == node.incarnation).count();
        assert!(share > usize::from(SHARDS) / 5, "{} has {share}", node.name);
    }
}

#[test]
fn when_a_node_goes_only_its_shards_move() {
    let (before, mut fewer) = (placed(&three()), three());
    fewer[1].state = NodeState::Draining;
    for (shard, owner) in placed(&fewer) {
        assert_ne!(owner, Incarnation(2));
        if before[&shard] != Incarnation(2) {
            assert_eq!(owner, before[&shard]);
        }
    }
    for state in [NodeState::Joining, NodeState::Left, NodeState::Dead] {
        fewer[1].state = state;
        assert!(placed(&fewer).values().all(|owner| *owner != Incarnation(2)));
    }
    assert_eq!(target(Shard(0), &[]), None);
}

#[test]
fn a_server_that_was_restarted_gets_its_shards_back() {
    let (before, mut again) = (placed(&three()), three());
    again[0].incarnation = Incarnation(9);
    for (shard, owner) in placed(&again) {
        let expected =
            if before[&shard] == Incarnation(1) { Incarnation(9) } else { before[&shard] };
        assert_eq!(owner, expected);
    }
}

#[test]
fn two_votes_are_needed_and_of_two_nodes_the_first_stays() {
    let [a, b, c] = [1, 2, 3].map(Incarnation);
    let nodes = three();
    assert!(!is_outvoted(c, &[], &nodes));
    assert!(!is_outvoted(c, &[a], &nodes));
    assert!(is_outvoted(c, &[a, b], &nodes));
    assert!(!is_outvoted(c, &[a, c], &nodes), "its own vote does not count");
    assert!(!is_outvoted(c, &[a, Incarnation(7)], &nodes), "nor that of a stranger");

    let pair = &nodes[..2];
    assert!(is_outvoted(b, &[a], pair));
    assert!(!is_outvoted(a, &[b], pair));
    assert!(!is_outvoted(a, &[a], &nodes[..1]), "nobody else is there");

    let mut expired = three();
    expired[0].leased = false;
    assert!(!is_outvoted(c, &[a], &expired), "a voter without a lease may be gone itself");
    assert!(is_outvoted(c, &[b], &expired), "then two are left, and the first of them decides");
}

#[test]
fn a_node_that_joins_has_to_reach_those_that_serve() {
    let nodes = three();
    let me = Incarnation(3);
    let reached =
        |numbers: &[i64]| -> HashSet<_> { numbers.iter().copied().map(Incarnation).collect() };
    assert!(may_serve(me, &reached(&[1, 2]), &nodes, false));
    assert!(!may_serve(me, &reached(&[1]), &nodes, false));
    assert!(!may_serve(me, &reached(&[1]), &nodes, true), "one of two is not more than half");
    assert!(!may_serve(me, &reached(&[]), &nodes, true));
    assert!(may_serve(me, &reached(&[]), &nodes[2..], false), "alone");
    let mut four = nodes;
    four.push(node(4, "d"));
    assert!(may_serve(me, &reached(&[1, 2]), &four, true));
    assert!(!may_serve(me, &reached(&[1, 2]), &four, false));
}
