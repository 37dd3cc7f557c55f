"""What can be wrong with a page: each function returns a list of texts, one a finding."""

from axe_playwright_python.sync_playwright import Axe

# What is Plone's and its theme's in each page, and has violations of its own: there is
# too little contrast in breadcrumbs, in the footer, in the button of the search and in
# the list of errors above a form; icons of the toolbar have no name.
CHROME = (
    ".alert .invalid-feedback",
    "#edit-zone",
    "#mainnavigation-wrapper",
    "#portal-breadcrumbs",
    "#portal-footer-wrapper",
)

SEVERE = ("serious", "critical")

# Plone's own scripts put styles into each page; so its styles are not looked at.
STRICT_POLICY = "script-src 'self'; style-src 'self'"
PLONES_OWN = "/++plone++static/"

FIND_INLINE_CODE = r"""
html => {
  const served = new DOMParser().parseFromString(html, "text/html");
  const regions = "#main-container, #global_statusmessage";
  const found = [];
  const note = (element, what) => found.push(
    `${what} in ${element.cloneNode().outerHTML.slice(0, 200)}`
  );
  if (!served.querySelector(regions))
    found.push("the page has no region for content, so nothing was looked at");
  for (const region of served.querySelectorAll(regions))
    for (const element of [region, ...region.querySelectorAll("*")]) {
      const name = element.localName;
      if (name === "style" || (name === "script" && !element.hasAttribute("src")))
        note(element, `inline ${name}`);
      for (const attribute of element.attributes)
        if (attribute.name === "style" || attribute.name.startsWith("on"))
          note(element, attribute.name);
        else if (/^\s*javascript:/i.test(attribute.value))
          note(element, "javascript: URL");
    }
  return found;
}
"""

NOTE_VIOLATIONS = """
window.policyViolations = [];
document.addEventListener("securitypolicyviolation", event =>
  window.policyViolations.push({
    directive: event.effectiveDirective,
    source: event.sourceFile || "",
    text: `${event.effectiveDirective} violated by ${event.blockedURI} at `
      + `${event.sourceFile}:${event.lineNumber} ${event.sample}`,
  })
);
"""

FIND_WIDE = """
width => document.documentElement.scrollWidth <= width ? [] : [
  `the page is ${document.documentElement.scrollWidth} wide, the screen ${width}`,
  ...[...document.querySelectorAll("#main-container *, #global_statusmessage *")]
    .filter(element => Math.max(
      element.getBoundingClientRect().right, element.scrollWidth
    ) > width)
    .slice(-10)
    .map(element => element.cloneNode().outerHTML.slice(0, 200)),
]
"""


def inaccessible(page):
    """Return the severe violations that axe-core finds outside of Plone's own parts."""
    found = (
        Axe()
        .run(page, context={"exclude": [[selector] for selector in CHROME]})
        .response["violations"]
    )
    return [
        f"{violation['help']} ({violation['id']}, {violation['impact']}): "
        f"{' '.join(map(str, node['target']))}: {node['html'][:200]}"
        for violation in found
        if violation["impact"] in SEVERE
        for node in violation["nodes"]
    ]


def inline_code(page, html):
    """Return the scripts and styles that stand in the content of ``html`` itself."""
    return page.evaluate(FIND_INLINE_CODE, html)


def policy_violations(page):
    """Return what a strict Content-Security-Policy forbids on this page.

    The page is opened once more, with that policy, in a browser with the same cookies.
    """
    strict = page.context.browser.new_context(
        storage_state=page.context.storage_state(), viewport=page.viewport_size
    )
    try:
        strict.add_init_script(NOTE_VIOLATIONS)
        address = page.url.partition("#")[0]
        strict.route(lambda url: url.partition("#")[0] == address, with_policy)
        again = strict.new_page()
        again.goto(address, wait_until="networkidle")
        return [
            violation["text"]
            for violation in again.evaluate("window.policyViolations")
            if not (
                violation["directive"].startswith("style-src")
                and PLONES_OWN in violation["source"]
            )
        ]
    finally:
        strict.close()


def with_policy(route):
    """Let the answer come with the strict policy."""
    response = route.fetch()
    headers = {**response.headers, "content-security-policy": STRICT_POLICY}
    route.fulfill(response=response, headers=headers)


def too_wide(page):
    """Return what makes the page wider than the screen."""
    return page.evaluate(FIND_WIDE, page.viewport_size["width"])
