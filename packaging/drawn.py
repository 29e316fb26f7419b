"""What packaging/pictures needs drawn.

    drawn.py files PAGE FOLDER          the files that a page of the book names, into a folder
    drawn.py screen COLUMNS LINES       a terminal's screen (tmux capture-pane -e), as a page of HTML
"""

import html
import pathlib
import re
import sys

COLOURS = ["#000000", "#e06c75", "#98c379", "#e5c07b", "#61afef", "#c678dd", "#56b6c2", "#abb2bf"]
COLOURS += ["#7f848e", "#e06c75", "#98c379", "#e5c07b", "#61afef", "#c678dd", "#56b6c2", "#ffffff"]
CELL, LINE, MARGIN = 9, 17, 12


def files(page, folder):
    text = pathlib.Path(page).read_text()
    for name, body in re.findall(r"^```\w+ (\S+\.\S+)\n(.*?)^```$", text, flags=re.M | re.S):
        (pathlib.Path(folder) / name).write_text(body)


def screen(columns, lines):
    """Each cell stands where its column says, whatever the font makes of lines and blocks."""
    bold = turned = False
    ink, paper = "#d7dae0", "#1e2127"
    colour = back = None
    cells = []
    for y, line in enumerate(sys.stdin.read().split("\n")[:lines]):
        x = 0
        for code, letters in re.findall(r"\x1b\[([0-9;]*)m|([^\x1b])", line):
            if letters:
                fore, behind = colour or ink, back or paper
                if turned:
                    fore, behind = behind, fore
                style = f"left:{MARGIN + x * CELL}px;top:{MARGIN + y * LINE}px;color:{fore}"
                style += f";background:{behind}" if behind != paper else ""
                style += ";font-weight:bold" if bold else ""
                letters = letters.replace("\u23f8", "\u2016")  # a sign that few fonts have
                if letters != " " or behind != paper:
                    cells.append(f'<b style="{style}">{html.escape(letters)}</b>')
                x += 1
                continue
            words = [int(word or 0) for word in code.split(";")]
            while words:
                word = words.pop(0)
                if word == 0:
                    bold = turned = False
                    colour = back = None
                elif word in (1, 7):
                    bold, turned = bold or word == 1, turned or word == 7
                elif word in (22, 27):
                    bold, turned = bold and word != 22, turned and word != 27
                elif word in (38, 48):
                    kind = words.pop(0)
                    shown = COLOURS[words.pop(0) % 16] if kind == 5 else "#%02x%02x%02x" % tuple(words.pop(0) for _ in "rgb")
                    colour, back = (shown, back) if word == 38 else (colour, shown)
                elif word == 39:
                    colour = None
                elif word == 49:
                    back = None
                elif word // 10 in (3, 9):
                    colour = COLOURS[word % 10 + (8 if word >= 90 else 0)]
                elif word // 10 in (4, 10):
                    back = COLOURS[word % 10 + (8 if word >= 100 else 0)]
    width, height = columns * CELL + 2 * MARGIN, lines * LINE + 2 * MARGIN
    print(f"<!doctype html><meta charset=utf-8>\n<!-- {width} {height} -->\n<style>body{{margin:0;background:{paper}}}")
    print(f"b{{position:absolute;width:{CELL}px;height:{LINE}px;font:15px/{LINE}px 'DejaVu Sans Mono',monospace;text-align:center;white-space:pre}}")
    print("</style>" + "\n".join(cells))


if __name__ == "__main__":
    {"files": lambda: files(*sys.argv[2:]), "screen": lambda: screen(*map(int, sys.argv[2:]))}[sys.argv[1]]()
