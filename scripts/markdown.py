"""What `links` and `words` share: a page's lines without its code blocks."""

import re

FENCE = re.compile(r"^(\s*)(`{3,}|~{3,})")


def without_code_blocks(text):
    """The lines of a page, those of fenced code empty, so that every line keeps its number."""
    lines, fence, indent = [], None, 0
    for line in text.split("\n"):
        mark = FENCE.match(line)
        if fence:
            # As in CommonMark: a mark that is as long, alone, and indented by three at most.
            if mark and mark[2].startswith(fence) and line.strip() == mark[2] and len(mark[1]) <= indent + 3:
                fence = None
            line = ""
        elif mark:
            indent, fence, line = len(mark[1]), mark[2], ""
        lines.append(line)
    return lines
