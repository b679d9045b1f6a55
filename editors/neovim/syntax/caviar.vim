" Vim syntax file
" Language: caviar notebooks (.exp)

if exists("b:current_syntax")
  finish
endif

" Prose is Markdown.
syntax include @caviarMarkdown syntax/markdown.vim
unlet! b:current_syntax
syntax region caviarProse matchgroup=caviarQuotes start=/"""/ end=/"""/ keepend contains=@caviarMarkdown,caviarFormula,@Spell
syntax region caviarFormula start=/\$\$\=\S\@=/ skip=/\\\$/ end=/\$\$\=/ keepend contained oneline
syntax match caviarComment /#.*$/ contains=@Spell
syntax region caviarText start=/"\%(""\)\@!/ skip=/\\./ end=/"/ end=/$/ oneline contains=caviarEscape
syntax match caviarEscape /\\["\\nt]/ contained

syntax match caviarName /\<\h\w*\>/
syntax match caviarCall /\<\h\w*\>\ze\s*(/
syntax match caviarKey /\.\@<!\<\h\w*\>\ze\s*=\%([=>]\)\@!/
syntax match caviarWord /\.\@<=\%(best\|top\)\>\%(\s*(\)\@!/
syntax keyword caviarFunction activations adagrad adam adamw avg_pool batch_norm binary_cross_entropy blobs boundary breast_cancer circles coarse_to_fine confusion constant cosine cross_entropy digits elu epochs flatten flip gelu global_avg_pool gp gradients grid grid_map halving hardmax he hinge huber hyperband identity importance iris layer_norm leaky_relu lecun lion max_pool moons mse parallel parameters pareto plane random relu residual rmsprop selu sgd sigmoid silu sobol softmax softplus spirals surface tanh time tpe wave weights wine xavier xor zeros
syntax keyword caviarConstant classes features all auto balanced best classification exact f32 f64 false last linear log median minmax moving none refuse regression same true valid zscore
syntax match caviarSplit /\<\%(train\|dev\|test\)\ze\s*\./
for s:metric in split("accuracy auc calibration error f1 loss mae mse precision r2 recall rmse top")
  execute 'syntax match caviarMetric /\%(\<\%(train\|dev\|test\)\.\)\@<=' .. s:metric .. '\>/'
endfor
unlet s:metric
syntax match caviarNumber /\<\d\%(\w\|\.\d\@=\|[eE]\@<=[+-]\d\@=\)*%\=/
syntax match caviarOperator /->\|[<>=!]=\|[-+*\/^<>=]/
syntax keyword caviarKeyword let use as
syntax match caviarKeyword /\<from\>\ze\s\+[[:alpha:]_"]/
for s:kind in split("at claim data experiment network plot table")
  execute 'syntax match caviarKind /\%(\%(^\|[{,]\)\s*\)\@<=' .. s:kind .. '\>\ze[^={}()]*{/'
endfor
unlet s:kind
syntax match caviarKind /\%(\<at\s\+\)\@<=epoch\>/

syntax sync minlines=200

highlight default link caviarComment Comment
highlight default link caviarQuotes String
highlight default link caviarFormula Special
highlight default link caviarText String
highlight default link caviarEscape SpecialChar
highlight default link caviarNumber Number
highlight default link caviarOperator Operator
highlight default link caviarKeyword Keyword
highlight default link caviarKind Keyword
highlight default link caviarKey Identifier
highlight default link caviarCall Function
highlight default link caviarFunction Function
highlight default link caviarSplit Function
highlight default link caviarMetric Function
highlight default link caviarConstant Constant
highlight default link caviarWord Constant

let b:current_syntax = "caviar"
