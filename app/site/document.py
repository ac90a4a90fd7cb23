"""A YAML text as plain data that remembers where each value stands.

Every scalar stays text until its field says what it is. So `NO` is Norway and not false, `4001` and `0571` are telephone
numbers, `12:30` is half past twelve and not 750. A key without a value has None, which counts as not written.
"""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml
from yaml.composer import Composer
from yaml.error import Mark, MarkedYAMLError
from yaml.reader import ReaderError

from app.site.errors import Location, Mistake, Place, field_path

_LARGEST = 8 * 1024 * 1024
_YAML_TAGS = "tag:yaml.org,2002:"


@dataclass(slots=True)
class Document:
    """A parsed site file. `data` holds dict, list, str and None; `places` says where each value and each key begins.

    `mistakes` are those of the text itself. With a syntax error `data` is None.
    """

    path: Path
    data: Any = None
    places: dict[Location, Place] = field(default_factory=dict)
    key_places: dict[Location, Place] = field(default_factory=dict)
    mistakes: list[Mistake] = field(default_factory=list)

    def mistake(self, location: Location, problem: str, *, at_key: bool = False) -> Mistake:
        """A mistake at that field, or at the nearest field around it that is written in the file."""
        return Mistake(self.path, self._place(location, at_key=at_key), field_path(location), problem)

    def written(self, location: Location) -> Location:
        """The longest beginning of `location` that stands in the file."""
        while location and location not in self.places:
            location = location[:-1]
        return location

    def value(self, location: Location) -> Any:
        """What stands in the file at that location, which must be a written one."""
        value = self.data
        for part in location:
            value = value[part]
        return value

    def _place(self, location: Location, *, at_key: bool) -> Place:
        written = self.written(location)
        if at_key and written in self.key_places:
            return self.key_places[written]
        return self.places.get(written, Place())


def read_document(path: Path) -> Document:
    """Read and parse; never raises for what a file can be: all trouble stands in `mistakes`."""
    document = Document(path)
    try:
        text = _decode(_read(path))
        root = _compose(text)
    except _Unreadable as error:
        document.mistakes.append(Mistake(path, error.place, "", str(error)))
        return document
    _Reading(document).take(root)
    return document


class _Unreadable(Exception):
    def __init__(self, problem: str, place: Place | None = None) -> None:
        super().__init__(problem)
        self.place = place or Place()


def _read(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            content = file.read(_LARGEST + 1)
    except FileNotFoundError:
        raise _Unreadable(
            "the file does not exist. Give the path of a site file, or copy one of the examples."
        ) from None
    except IsADirectoryError:
        raise _Unreadable("this is a directory, expected a YAML file.") from None
    except PermissionError:
        raise _Unreadable(
            "the file may not be read. Allow the user that runs Thirdring to read it."
        ) from None
    except OSError as error:
        raise _Unreadable(f"the file cannot be read: {error.strerror}.") from None
    if len(content) > _LARGEST:
        raise _Unreadable(f"the file is larger than {_LARGEST // 2**20} MiB, expected a site file in YAML.")
    return content


def _decode(content: bytes) -> str:
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        place = _place_at(content[: error.start].decode("utf-8", "replace"))
        raise _Unreadable(
            f"found the byte 0x{content[error.start]:02x}, which is not UTF-8. If this is a text file (in GB 18030, say), "
            "save it as UTF-8; if it is binary, it is not a site file.",
            place,
        ) from None
    if "\0" in text:
        raise _Unreadable(
            "found a zero byte: this is a binary file, expected YAML text.", _place_at(text.split("\0")[0])
        )
    return text


def _place_at(text_before: str) -> Place:
    lines = text_before.split("\n")
    return Place(len(lines), len(lines[-1]) + 1)


class _Loader(yaml.SafeLoader):
    """In Python throughout: it says best what is wrong."""

    def compose_node(self, parent: yaml.Node | None, index: Any) -> yaml.Node | None:
        _refuse_alias(self)
        return super().compose_node(parent, index)


class _QuickLoader(Composer, yaml.CSafeLoader):
    """With libyaml's parser: a site of ten thousand agents is three million signs."""

    def __init__(self, text: str) -> None:
        yaml.CSafeLoader.__init__(self, text)
        Composer.__init__(self)

    def compose_node(self, parent: yaml.Node | None, index: Any) -> yaml.Node | None:
        _refuse_alias(self)
        return super().compose_node(parent, index)


def _refuse_alias(loader: Any) -> None:
    """A site file is read by people from top to bottom, and a nest of aliases can fill the memory."""
    if loader.check_event(yaml.AliasEvent):
        raise _Unreadable(
            "found an alias (`*name`), which a site file does not use. Write the value out, or use `queue_defaults`.",
            _place_of(loader.peek_event().start_mark),
        )


def _root_of(text: str) -> yaml.Node | None:
    try:
        return yaml.compose(text, _QuickLoader)
    except yaml.YAMLError:
        return yaml.compose(text, _Loader)


def _compose(text: str) -> yaml.Node:
    try:
        root = _root_of(text)
    except MarkedYAMLError as error:
        raise _Unreadable(
            _syntax_problem(error), _place_of(error.problem_mark or error.context_mark)
        ) from None
    except ReaderError as error:
        raise _Unreadable(
            f"found the control character U+{int(error.character):04X}, expected printable text.",
            _place_at(text[: error.position]),
        ) from None
    except RecursionError:
        raise _Unreadable("the file nests too deeply to be a site file.") from None
    if root is None:
        raise _Unreadable(
            "the file is empty, expected at least `name`, `agents`, `queues` and `entry_points`."
        )
    return root


def _place_of(mark: Mark | None) -> Place:
    return Place(mark.line + 1, mark.column + 1) if mark else Place()


def _syntax_problem(error: MarkedYAMLError) -> str:
    problem = error.problem or "the text is not YAML"
    if "'\\t'" in problem:
        return "found a tab, expected spaces: YAML indents with spaces only."
    if "single document" in (error.context or ""):
        return "found a second document (`---`), expected one document in a file."
    advice = "Check the indentation, colons, brackets and quotes here and in the line above."
    return f"not valid YAML: {problem}{f' {error.context}' if error.context else ''}. {advice}"


class _Reading:
    """Turns nodes into data, noting places and mistakes on the way."""

    def __init__(self, document: Document) -> None:
        self._document = document

    def take(self, root: yaml.Node) -> None:
        self._document.data = self._value(root, ())

    def _value(self, node: yaml.Node, location: Location) -> Any:
        self._document.places[location] = _place_of(node.start_mark)
        self._check_tag(node, location)
        if isinstance(node, yaml.MappingNode):
            return self._mapping(node, location)
        if isinstance(node, yaml.SequenceNode):
            return [self._value(item, (*location, index)) for index, item in enumerate(node.value)]
        return None if _is_null(node) else node.value

    def _check_tag(self, node: yaml.Node, location: Location) -> None:
        if not node.tag.startswith(_YAML_TAGS):
            self._refuse(
                location, f'found the tag "{node.tag}", expected a plain value: site files have no tags.'
            )

    def _mapping(self, node: yaml.MappingNode, location: Location) -> dict[str, Any]:
        data: dict[str, Any] = {}
        for key_node, value_node in node.value:
            if self._is_good_key(key_node, data, location):
                inner = (*location, key_node.value)
                self._document.key_places[inner] = _place_of(key_node.start_mark)
                data[key_node.value] = self._value(value_node, inner)
        return data

    def _is_good_key(self, node: yaml.Node, data: dict[str, Any], location: Location) -> bool:
        if not isinstance(node, yaml.ScalarNode) or not node.value:
            place = _place_of(node.start_mark)
            problem = "found a key that is empty or has parts of its own, expected a word."
            self._document.mistakes.append(Mistake(self._document.path, place, field_path(location), problem))
            return False
        if node.value in data:
            inner = (*location, node.value)
            first = self._document.key_places[inner]
            problem = f'found "{node.value}" twice, first in line {first.line}. Keep one of them.'
            place = _place_of(node.start_mark)
            self._document.mistakes.append(Mistake(self._document.path, place, field_path(inner), problem))
            return False
        return True

    def _refuse(self, location: Location, problem: str) -> None:
        self._document.mistakes.append(self._document.mistake(location, problem))


def _is_null(node: yaml.Node) -> bool:
    return isinstance(node, yaml.ScalarNode) and not node.style and node.value in {"", "~", "null"}
