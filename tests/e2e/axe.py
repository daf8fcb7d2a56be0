"""axe-core, the accessibility checker (https://github.com/dequelabs/axe-core), on a page as it is shown just now."""

from __future__ import annotations

from pathlib import Path

from playwright.sync_api import Page

SOURCE = Path(__file__).parents[2] / "node_modules" / "axe-core" / "axe.min.js"
RULES = {  # of WCAG 2.2 AA and of good practice
    "type": "tag",
    "values": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"],
}
# Frames hold mail as it came, which is not ours to mend.
RUN = """async (runOnly) => {
    const { violations } = await axe.run({ runOnly, iframes: false, resultTypes: ["violations"] });
    const said = (id, { html, failureSummary }) => `${id}: ${html.slice(0, 200)} ${failureSummary}`;
    return violations.flatMap(({ id, nodes }) => nodes.map((node) => said(id, node)));
}"""


def violations(page: Page) -> list[str]:
    """What it complains of. The debugger evaluates it, so that the page's policy against foreign scripts stays."""
    if not page.evaluate("typeof axe === 'object'"):
        page.evaluate(SOURCE.read_text())
    found: list[str] = page.evaluate(RUN, RULES)
    return found
