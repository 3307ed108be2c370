"""Values of a JSON document that know where they are in it, as JSON pointers (RFC 6901)."""

from collections.abc import Iterator


class Node:
    """A value and its pointer; children are nodes as well.

    Attributes:
        value: What json.loads gives.
        path: Such as "/speed/3/ms/median"; "" for the whole document.
        key: The last part of the path, not escaped.
    """

    def __init__(self, value, path: str = "", key: str = ""):
        self.value = value
        self.path = path
        self.key = key

    def __getitem__(self, key: str | int) -> "Node":
        return Node(self.value[key], f"{self.path}/{_escape(str(key))}", str(key))

    def __iter__(self) -> Iterator["Node"]:
        """The children of a list, or those of an object in its order."""
        keys = self.value if isinstance(self.value, dict) else range(len(self.value))
        return (self[key] for key in keys)

    def get(self, *keys: str) -> "Node":
        """The child behind several keys of objects; a node of None where one of them is absent or null."""
        node = self
        for key in keys:
            if node.value is None or key not in node.value:
                return Node(None)
            node = node[key]
        return node


def resolve(document, path: str):
    """The value that a pointer names.

    Raises:
        KeyError, IndexError, ValueError: There is no such place.
    """
    value = document
    for part in path.split("/")[1:]:
        key = part.replace("~1", "/").replace("~0", "~")
        value = value[int(key)] if isinstance(value, list) else value[key]
    return value


def join(parts) -> str:
    """The pointer of a path given as keys and indices."""
    return "".join(f"/{_escape(str(part))}" for part in parts)


def _escape(key: str) -> str:
    return key.replace("~", "~0").replace("/", "~1")
