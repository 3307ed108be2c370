"""Nodes know their JSON pointers (RFC 6901)."""

import pytest

from benchmarks.report.pointer import Node, join, resolve

# The document and the pointers of RFC 6901, section 5.
DOCUMENT = {"foo": ["bar", "baz"], "": 0, "a/b": 1, "c%d": 2, "e^f": 3, "g|h": 4, "i\\j": 5, 'k"l': 6, " ": 7, "m~n": 8}
POINTERS = {
    "": DOCUMENT,
    "/foo": ["bar", "baz"],
    "/foo/0": "bar",
    "/": 0,
    "/a~1b": 1,
    "/c%d": 2,
    "/e^f": 3,
    "/g|h": 4,
    "/i\\j": 5,
    '/k"l': 6,
    "/ ": 7,
    "/m~0n": 8,
}


@pytest.mark.parametrize("pointer", POINTERS)
def test_pointers_of_the_standard_name_their_values(pointer):
    assert resolve(DOCUMENT, pointer) == POINTERS[pointer]


def test_nodes_carry_the_pointer_of_every_child():
    def walk(node):
        assert resolve(DOCUMENT, node.path) == node.value
        if isinstance(node.value, (dict, list)):
            for child in node:
                walk(child)

    walk(Node(DOCUMENT))
    assert [child.path for child in Node(DOCUMENT)["foo"]] == ["/foo/0", "/foo/1"]
    assert Node(DOCUMENT)["m~n"].key == "m~n"
    assert join(("a/b", 3, "m~n")) == "/a~1b/3/m~0n"


def test_what_is_absent_or_null_is_a_node_of_none():
    node = Node({"a": {"b": None}})
    assert node.get("a", "b").value is None and node.get("a", "b").path == "/a/b"
    assert node.get("a", "b", "c").value is None
    assert node.get("z").value is None


def test_a_pointer_to_nowhere_is_an_error():
    with pytest.raises(KeyError):
        resolve(DOCUMENT, "/absent")
    with pytest.raises(IndexError):
        resolve(DOCUMENT, "/foo/2")
