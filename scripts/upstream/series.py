# SPDX-License-Identifier: MIT
"""What scripts/upstream/kernel and qemu have in common: commits made of this repository's files.

A series is a list of Patch. Its texts come from files of this repository, rewritten by
functions that take a text and return one. A rewrite that finds nothing to do where it has to
is an error, so that a change here cannot silently leave something out there.
"""

import dataclasses
import os
import re
import subprocess
import sys
import textwrap

TOP = os.path.dirname(os.path.dirname(os.path.dirname(os.path.realpath(__file__))))
MAINTAINER = "V3NPU developers <v3npu@example.org>"


class Error(Exception):
    """Something that the person who runs this has to know, in one line."""


@dataclasses.dataclass
class Patch:
    """One commit: new files, as texts by their paths in the tree, and changes of the tree's own."""
    subject: str
    why: str
    files: dict
    edits: dict = dataclasses.field(default_factory=dict)


def read(path, top=TOP):
    """A file's text, of this repository unless another place is named."""
    try:
        with open(os.path.join(top, path), encoding="utf-8") as f:
            return f.read()
    except OSError as e:
        raise Error(f"{path}: {e.strerror}") from e


def run(command, **options):
    """Run a command and return what it prints."""
    try:
        done = subprocess.run(command, check=False, stdout=subprocess.PIPE, text=True, **options)
    except FileNotFoundError as e:
        raise Error(f"{command[0]} not found; run scripts/deps.sh check-upstream") from e
    if done.returncode:
        raise Error(f"{' '.join(command[:3])} failed with status {done.returncode}")
    return done.stdout


def replace(text, pattern, new, where):
    """Replace a regular expression, which has to be there."""
    text, count = re.subn(pattern, new, text, flags=re.M)
    if not count:
        raise Error(f"{where}: there is no {pattern!r} any more; see scripts/upstream")
    return text


def rename(text, names):
    """Replace names of files, in includes and in comments; the longest first."""
    alternatives = "|".join(re.escape(n) for n in sorted(names, key=len, reverse=True))
    return re.sub(rf"(?<![\w/.]){alternatives}(?!\w)".replace(alternatives, f"(?:{alternatives})"),
                  lambda m: names[m[0]], text)


def wrap_comments(text, limit):
    """Break the lines of comments that are longer, as those with other names in them may be."""
    out = []
    for line in text.split("\n"):
        columns = len(line.expandtabs(8))
        one = re.match(r"(\s*)(/\*\*?) (.*) \*/$", line)
        more = re.match(r"(\s*\* )(\s*)(.*)$", line)
        if columns <= limit or not (one or more):
            out.append(line)
        elif one:
            body = textwrap.wrap(one[3], limit - 3 - len(one[1].expandtabs(8)))
            out += [one[1] + one[2], *(f"{one[1]} * {b}" for b in body), one[1] + " */"]
        else:
            room = limit - len((more[1] + more[2]).expandtabs(8))
            out += [more[1] + more[2] + b for b in textwrap.wrap(more[3], room)]
    return "\n".join(out)


def table(lines):
    """A table of Markdown, as a list-table of reStructuredText: cells stay whole there."""
    rows = [[c.strip().replace("\\|", "|") for c in re.split(r"(?<!\\)\|", line.strip()[1:-1])]
            for line in lines]
    out = [".. list-table::", "   :header-rows: 1", ""]
    for row in rows[:1] + rows[2:]:
        for i, cell in enumerate(row):
            cell = re.sub(r"``? ?([^`]+?) ?``?", r"``\1``", cell)
            cell = re.sub(r"(?<![\s(/\"'`-])(``[^`]+``)", r"\\ \1", cell)
            cell = re.sub(r"^\\ ", "", re.sub(r"(``[^`]+``)(?=\w)", r"\1\\ ", cell))
            lead = "   * - " if not i else "     - "
            body = textwrap.wrap(cell, 74, break_long_words=False, break_on_hyphens=False)
            out += [(lead if not j else "       ") + b for j, b in enumerate(body or [""])]
    return [line.rstrip() for line in out]


def rst(text):
    """Markdown as reStructuredText; links are left out, as what they lead to is elsewhere."""
    tables = []

    def keep(match):
        tables.append("\n".join(table(match[0].strip().split("\n"))))
        return f"\nTABLE{len(tables)}HERE\n\n"

    text = re.sub(r"^<!--.*-->\n", "", text)
    text = re.sub(r"\[([^]]*)\]\([^)]*\)", r"\1", text)
    text = re.sub(r"^\|.*\n(?:\|.*(?:\n|\Z))+", keep, text, flags=re.M)
    text = run(["pandoc", "-f", "gfm", "-t", "rst", "--columns=80"], input=text)
    text = re.sub(r"^\.\. _.*:\n\n", "", text, flags=re.M)
    text = re.sub(r"^TABLE(\d+)HERE$", lambda m: tables[int(m[1]) - 1], text, flags=re.M)
    # Rules of headings are as long as these are, which have other names now
    text = re.sub(r"^(\S.*)\n([=~-])\2+$", lambda m: f"{m[1]}\n{m[2] * len(m[1])}", text, flags=re.M)
    return ".. SPDX-License-Identifier: MIT\n\n" + text


def insert_sorted(text, line, like, where):
    """Insert a line among those that match a regular expression, in their order."""
    lines = text.splitlines(keepends=True)
    places = [i for i, l in enumerate(lines) if re.match(like, l)]
    if not places:
        raise Error(f"{where} has no line like {like!r}")
    after = [i for i in places if lines[i].split() < line.split()]
    lines.insert(after[-1] + 1 if after else places[0], line)
    return "".join(lines)


def insert_maintainers(text, entry, like):
    """
    Insert an entry into MAINTAINERS among those whose titles match a regular expression, before
    the next in the alphabet; the whole is not sorted everywhere.
    """
    title = entry.splitlines()[0]
    at = None
    for m in re.finditer(r"^(?P<title>(?![A-Z]:\s)\S[^\n]*)\n(?:[A-Z]:\s[^\n]*\n)+\n*", text, re.M):
        if re.match(like, m["title"]):
            at = m.end()
            if m["title"].upper() > title.upper():
                at = m.start()
                break
    if at is None:
        raise Error(f"MAINTAINERS has no title like {like!r}")
    return text[:at] + entry.rstrip() + "\n\n" + text[at:]


def git(tree, *arguments, **options):
    """Run git in the tree."""
    return run(["git", "-C", tree, *arguments], **options)


def check_tree(tree, marker, patches):
    """Fail if this is no such tree, or has what the series would change."""
    if not os.path.exists(os.path.join(tree, marker)):
        raise Error(f"{tree} is not such a tree: it has no {marker}")
    if os.path.realpath(git(tree, "rev-parse", "--show-toplevel").strip()) != os.path.realpath(tree):
        raise Error(f"{tree} is not the top of a git tree")
    touched = [path for patch in patches for path in (*patch.files, *patch.edits)]
    if git(tree, "status", "--porcelain", "--untracked-files=no", "--", *touched):
        raise Error(f"{tree} has changes of its own that are not committed")
    for patch in patches:
        for path in patch.files:
            if os.path.lexists(os.path.join(tree, path)):
                raise Error(f"{tree} has {path} already")


def commit(tree, patches):
    """Commit the series to the tree."""
    for patch in patches:
        for path, text in patch.files.items():
            full = os.path.join(tree, path)
            os.makedirs(os.path.dirname(full), exist_ok=True)
            with open(full, "w", encoding="utf-8") as f:
                f.write(text)
        for path, edit in patch.edits.items():
            text = edit(read(path, tree))
            with open(os.path.join(tree, path), "w", encoding="utf-8") as f:
                f.write(text)
        git(tree, "add", "-f", "--", *patch.files, *patch.edits)
        git(tree, "commit", "-q", "-s", "-F", "-", input=f"{patch.subject}\n\n{patch.why.strip()}\n")
        print(f"{git(tree, 'log', '-1', '--format=%h').strip()} {patch.subject}")


def main(make_series, marker, usage):
    """Do what the command line says: NAME TREE."""
    if len(sys.argv) != 2 or sys.argv[1].startswith("-"):
        print(usage.strip(), file=sys.stdout if "--help" in sys.argv else sys.stderr)
        sys.exit(0 if "--help" in sys.argv else 2)
    try:
        tree = sys.argv[1]
        if not os.path.exists(os.path.join(tree, marker)):
            raise Error(f"{tree} is not such a tree: it has no {marker}")
        patches = make_series(tree)
        check_tree(tree, marker, patches)
        commit(tree, patches)
    except Error as e:
        sys.exit(f"{os.path.basename(sys.argv[0])}: {e}")
