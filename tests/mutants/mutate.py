# SPDX-License-Identifier: MIT
"""Changes to C source, one at a time: what a slip of the hand could have been.

Each stays on its line, so that what a compiler makes of the others does not change.
"""

import collections
import re

# A change to a file: line number from 1, the line before and after, what it is.
Mutant = collections.namedtuple("Mutant", "path line old new what")

# Operators are between blanks in this code; others are parts of declarations.
OPERATORS = [
    (" < ", " <= "), (" <= ", " < "), (" > ", " >= "), (" >= ", " > "),
    (" == ", " != "), (" != ", " == "), (" && ", " || "), (" || ", " && "),
    (" + ", " - "), (" - ", " + "), (" * ", " + "), (" / ", " * "), (" % ", " / "),
    (" & ", " | "), (" | ", " & "), (" << ", " >> "), (" >> ", " << "),
    (" += ", " -= "), (" -= ", " += "), (" |= ", " = "), (" &= ", " |= "),
    (" ? ", " ? 0 ? 0 : "),
]
RETURNS = [
    (re.compile(r"\breturn false;"), "return true;"),
    (re.compile(r"\breturn true;"), "return false;"),
    (re.compile(r"\breturn -E[A-Z0-9]+;"), "return 0;"),
    (re.compile(r"\breturn -[A-Z][A-Z0-9_]+;"), "return 0;"),
    (re.compile(r"\breturn (ret|err|r|error);"), "return 0;"),
    (re.compile(r"\breturn 0;"), "return 1;"),
    (re.compile(r"\breturn NULL;"), "return (void *)1;"),
]
CONDITION = re.compile(r"^\s*(?:\} else )?(?:if|while) \(")
CALL = re.compile(r"^\t+[a-z_][\w>.\[\]-]*\(.*\);$")
ASSIGNMENT = re.compile(r"^\t+[*a-z_][\w>.\[\] +*()-]* (?:[|&+-]?=) [^={][^{]*;$")
DECLARATION = re.compile(r"^\t+(?:const |static |struct |union |enum |unsigned |u?int\d*_t |"
                         r"__u\d+ |"
                         r"s?size_t |bool |char |double |float |int |long |u8 |u16 |u32 |u64 |s32 |"
                         r"[a-z_]\w* \*?[a-z_]\w*(?:\[.*\])? = )")
NUMBER = re.compile(r"(?<![\w.\"])(\d+)(?=[uUlL]*\b)(?![\w.]*\")")


def code_lines(text):
    """Yield number and line of what is code: no comments, preprocessor, or assertions."""
    comment = False
    directive = False
    for number, line in enumerate(text.split("\n"), 1):
        continues = line.endswith("\\")
        if comment:
            comment = "*/" not in line
        elif directive or line.startswith("#"):
            directive = continues
        elif line.lstrip().startswith("/*"):
            comment = "*/" not in line
        elif line.startswith("\t") and "/*" not in line and "_Static_assert" not in line:
            yield number, line


def outside_strings(line, position):
    """Is that position of the line outside of strings and characters?"""
    before = re.sub(r"\\.", "__", line[:position])
    before = re.sub(r"'[^']*'", "__", before)
    return before.count('"') % 2 == 0


def whole_condition(line):
    """Start and end of a condition's parentheses, if they are all in the line."""
    start = line.index("(")
    depth = 0
    for end in range(start, len(line)):
        depth += (line[end] == "(") - (line[end] == ")")
        if not depth:
            return start, end
    return None


def changes(line):
    """Yield the line changed, and what was done, for each change there is."""
    for old, new in OPERATORS:
        for m in re.finditer(re.escape(old), line):
            if outside_strings(line, m.start()):
                yield (line[:m.start()] + new + line[m.end():],
                       f"'{old.strip()}' is '{new.strip()}'")
    for pattern, new in RETURNS:
        if pattern.search(line):
            yield pattern.sub(new, line, count=1), f"'{pattern.search(line)[0]}' is '{new}'"
    if CONDITION.match(line):
        place = whole_condition(line)
        if place:
            inner = line[place[0]:place[1] + 1]
            head, tail = line[:place[0]], line[place[1] + 1:]
            yield head + "(!" + inner + ")" + tail, "condition negated"
            yield head + "(0 && " + inner + ")" + tail, "condition never true"
            if "while" not in head:
                yield head + "(1 || " + inner + ")" + tail, "condition always true"
    indent = re.match(r"\t*", line)[0]
    if CALL.match(line) and not re.match(r"\t+(?:return|sizeof)\b", line):
        yield indent + ";", "call dropped"
    elif ASSIGNMENT.match(line) and not DECLARATION.match(line):
        yield indent + ";", "assignment dropped"
    for m in NUMBER.finditer(line):
        if outside_strings(line, m.start()) and not re.search(r"\bcase $", line[:m.start()]):
            new = str(int(m[1]) + 1)
            yield line[:m.start()] + new + line[m.end():], f"{m[1]} is {new}"


def mutants_of(path, text):
    """All mutants of a file."""
    return [Mutant(path, number, line, new, what)
            for number, line in code_lines(text)
            for new, what in changes(line) if new != line]


def apply(text, mutant):
    """The file's text with the change."""
    lines = text.split("\n")
    if lines[mutant.line - 1] != mutant.old:
        raise ValueError(f"{mutant.path}:{mutant.line} is not what it was")
    lines[mutant.line - 1] = mutant.new
    return "\n".join(lines)
