"""The matrix of the long form is what its rules give, and tells of every opcode."""

import matrix


def test_the_file_is_what_the_rules_give() -> None:
    assert matrix.FILE.read_text(encoding="utf-8") == matrix.text()


def test_every_opcode_of_the_interpreter_has_a_row_or_a_reason() -> None:
    assert matrix.opcodes_without_row() == set()


def test_every_reason_has_a_letter_of_its_own() -> None:
    reasons: dict[str, set[str]] = {}
    for rule in matrix.rules().values():
        reasons.setdefault(rule.letter, set()).add(rule.reason)
    assert {letter for letter, texts in reasons.items() if len(texts) > 1} == set()


def test_a_gap_and_a_hit_that_cannot_be_are_found() -> None:
    hits = {
        (op, event, kind): matrix.WANTED
        for (event, op), rule in matrix.rules().items()
        for kind in rule.kinds
    }
    assert list(matrix.problems(hits)) == []
    few = {**hits, ("BINARY_OP", "instruction", "list"): matrix.WANTED - 1}
    assert list(matrix.problems(few)) == ["instruction BINARY_OP x list: 99 of 100"]
    odd = {**hits, ("UNARY_NOT", "instruction", "list"): 1}
    assert len(list(matrix.problems(odd))) == 1
