"""What a free text must not hold: SQL that names the fault, NULL for a name like any other.

Unit names end up in pages, workbooks and file listings. What a browser, a spreadsheet or a
template would act on is stopped here, and stays inert where it is shown as well.
"""

from __future__ import annotations

from equity_pipeline.deliveries.layouts.quoting import literal

# What nearly every text looks like; the slow patterns are tried on the others only.
_PLAIN = r"[\pL\pN][\pL\pM\pN .,/()'’–-]*"
_UNSEEN = r"[\p{C}\p{Zl}\p{Zp}]"  # control, format, private and surrogate characters
_SIGNS = r"=+\-@\x{FF1D}\x{FF0B}\x{FF0D}\x{FF20}\x{FE62}\x{FE63}\x{FE66}\x{FE6B}"  # also wide
_FORMULA = rf"^[\t\r\n]|^[\s\pZ]*[{_SIGNS}]"
_ELEMENTS = (
    "a abbr acronym address animate animatemotion animatetransform applet area article "
    "aside audio b base basefont bdi bdo bgsound big blink blockquote body br button canvas "
    "caption center cite code col colgroup command content data datalist dd del details dfn "
    "dialog dir div dl dt element em embed fieldset figcaption figure font footer "
    "foreignobject form frame frameset h1 h2 h3 h4 h5 h6 head header hgroup hr html i "
    "iframe image img input ins isindex kbd keygen label layer legend li link listing main "
    "map mark marquee math menu meta meter nav nobr noembed noframes noscript object ol "
    "optgroup option output p param picture plaintext pre progress q rp rt ruby s samp "
    "script search section select set slot small source span strike strong style sub "
    "summary sup svg table tbody td template textarea tfoot th thead time title tr track tt "
    "u ul use var video wbr xml xmp xss"
).replace(" ", "|")
_EVENTS = (
    "abort after|animation|auxclick|before|begin|blur|cancel|canplay|change|click|close|context|"
    "copy|cut|dblclick|drag|drop|end|error|focus|form|hash|input|invalid|key|load|message|mouse|"
    "page|paste|pointer|popstate|repeat|reset|resize|scroll|search|select|show|start|submit|"
    "toggle|touch|transition|unload|wheel"
)
_MARKUP = (
    rf"[<\x{{FF1C}}\x{{FE64}}]\s*/?\s*({_ELEMENTS})([\s/>\x{{FF1E}}\x{{FE65}}:]|$)",
    r"[<\x{FF1C}\x{FE64}]\s*[!?%/]",
    r"<[^<>]*\s[\w:-]+\s*=",
    rf"(^|[\s\"'/<])on({_EVENTS})[a-z]*\s*=",
    r"(java|vb|live)script\s*:",
    r"data\s*:\s*text/html",
    r"&(#[0-9]+|#x[0-9a-f]+|lt|gt|quot|apos|tab|newline|colon|lpar);?",
    r"\{[^{}]*\}|\{\{|\}\}|\{%|%\}|\{#|#\}|[$#@]\{|\$\(|<%|%>|\[\[.*\]\]",
    r"%\(\w*\)[-#0-9.+]*[a-z]|(%[-0-9.]*[diouxefgcrsanp]){2}|%[sdrx]\b|%[0-9]+\$",
    r"__\w+__",
)
_ANY_MARKUP = "(?i)" + "|".join(f"(?:{one})" for one in _MARKUP)


def text_fault(text: str, longest: int) -> str:
    """Return SQL for the first fault of a free text, and NULL where it has none.

    Examples
    --------
    >>> import duckdb
    >>> told = [text_fault(f"'{one}'", 120) for one in ("Öron & hals <Berga>", "<b>x", "=1+1")]
    >>> duckdb.execute(f"select {', '.join(told)}").fetchall()
    [(None, 'markup', 'formula')]
    """
    return f"""case when not (length({text}) <= {longest} and {_full(text, _PLAIN)}) then case
        when length({text}) > {longest} then 'text_too_long'
        when contains({text}, '\ufffd') then 'replacement_char'
        when {_found(text, _FORMULA)} then 'formula'
        when {_found(text, _UNSEEN)} then 'control_character'
        when {_found(text, _ANY_MARKUP)} then 'markup' end end"""


def code_fault(text: str, longest: int) -> str:
    """Return SQL for the first fault of a code without a pattern: length and unseen characters.

    Examples
    --------
    >>> import duckdb
    >>> told = code_fault("('SE23' || chr(8203))", 120)
    >>> duckdb.execute(f"select {told}").fetchall()
    [('control_character',)]
    """
    return f"""case when length({text}) > {longest} then 'text_too_long'
        when contains({text}, '\ufffd') then 'replacement_char'
        when {_found(text, _UNSEEN)} then 'control_character' end"""


def _found(text: str, pattern: str) -> str:
    return f"regexp_matches({text}, {literal(pattern)})"


def _full(text: str, pattern: str) -> str:
    return f"regexp_full_match({text}, {literal(pattern)})"
