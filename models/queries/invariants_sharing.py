"""What is true of shared and transferred passes, and of guests. See `invariants.py`."""

from models.queries.invariants_money import Invariant

SHARING = (
    Invariant(
        "claim_is_owners_or_members",
        "A pass pays for visits of its owner, and of those with whom it was shared when the claim was made.",
        """
        SELECT ARRAY[c.id, c.pass_id, v.client_id] AS ids, c.claimed_at
        FROM claims c JOIN visits v ON v.id = c.visit_id JOIN passes p ON p.id = c.pass_id
        WHERE c.released_at IS NULL AND v.client_id <> p.client_id AND NOT EXISTS (
            SELECT FROM shares s WHERE s.pass_id = c.pass_id AND s.client_id = v.client_id
              AND s.active_at <= c.claimed_at AND (s.removed_at IS NULL OR c.claimed_at <= s.removed_at))""",
    ),
    Invariant(
        "members_share_a_household",
        "With whoever a pass is shared belongs to the household of its owner.",
        """
        SELECT ARRAY[s.id, s.pass_id, s.client_id] AS ids, s.state, o.household_id AS owners, m.household_id AS members
        FROM shares s JOIN passes p ON p.id = s.pass_id
        -- Each client is looked up from the share: joined by what differs, all clients would be tried with all.
        CROSS JOIN LATERAL (SELECT id, household_id FROM clients WHERE id = p.client_id OFFSET 0) o
        CROSS JOIN LATERAL (SELECT id, household_id FROM clients WHERE id = s.client_id OFFSET 0) m
        WHERE s.state <> 'REMOVED' AND (o.id = m.id OR o.household_id IS NULL
                                        OR o.household_id IS DISTINCT FROM m.household_id)""",
    ),
    Invariant(
        "transfers_arrive",
        "The units that a transferred pass began with are those that left the pass it came of.",
        """
        SELECT ARRAY[p.id, p.transferred_from_pass_id] AS ids, g.units, t.units AS left_with
        FROM passes p JOIN periods n ON n.pass_id = p.id AND n.number = 1
        CROSS JOIN LATERAL (
            SELECT coalesce(sum(issued), 0) AS units FROM lots l
            WHERE l.pass_id = p.id AND l.operation_id = n.operation_id) g
        CROSS JOIN LATERAL (
            SELECT coalesce(sum(quantity), 0) AS units FROM transfers m
            WHERE m.pass_id = p.transferred_from_pass_id AND m.operation_id = n.operation_id
              AND m.to_account = 'TRANSFERRED') t
        WHERE p.transferred_from_pass_id IS NOT NULL AND g.units <> t.units""",
    ),
)
