(block (body) @class.inside) @class.around
(field (_) @entry.inside .) @entry.around
(arguments (_) @parameter.inside @parameter.around)
(comment) @comment.inside @comment.around
