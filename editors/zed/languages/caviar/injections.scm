; Prose is Markdown, and a grammar of Markdown knows formulas itself.

((markdown) @injection.content (#set! injection.language "markdown"))
