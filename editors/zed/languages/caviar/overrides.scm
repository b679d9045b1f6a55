(comment) @comment.inclusive
[(text) (prose)] @string
