# SPDX-License-Identifier: MIT
"""Structures that have only grown at their end, by two ABI files of abidw."""

import xml.etree.ElementTree as ElementTree


class Types:
    """The types of an ABI file."""

    def __init__(self, text):
        self.by_id = {e.get("id"): e for e in ElementTree.fromstring(text).iter() if e.get("id")}

    def name(self, type_id):
        """A type in words, the same for the same type in any file."""
        e = self.by_id.get(type_id)
        if e is None:
            return "void"
        inner = e.get("type-id")
        if e.tag == "pointer-type-def":
            return self.name(inner) + "*"
        if e.tag == "qualified-type-def":
            return "const " + self.name(inner)
        if e.tag == "array-type-def":
            return "%s[%s]" % (self.name(inner), e.find("subrange").get("length"))
        return e.get("name") or e.tag

    def structures(self):
        """The fields of each structure: {name: [(field, offset, type)]}."""
        found = {}
        for e in self.by_id.values():
            if e.tag == "class-decl" and e.get("is-declaration-only") != "yes":
                fields = [(m, m.find("var-decl")) for m in e.findall("data-member")]
                found[e.get("name")] = [(v.get("name"), m.get("layout-offset-in-bits"),
                                         self.name(v.get("type-id"))) for m, v in fields]
        return found


def grown(old, new):
    """The names of structures that have what they had, and more behind it."""
    before, after = Types(old).structures(), Types(new).structures()
    return [name for name, fields in before.items()
            if name in after and len(after[name]) > len(fields) and
            after[name][:len(fields)] == fields]
