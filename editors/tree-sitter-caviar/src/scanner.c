// The end of a line, where it separates entries. It does not where the next line begins with an operator, and then goes on; nor inside
// `( )` and `[ ]` or after an operator, where the grammar does not ask.

#include "tree_sitter/parser.h"

static bool is_invisible(int32_t c) {
  return c == 0x85 || c == 0xa0 || c == 0x1680 || (c >= 0x2000 && c <= 0x200d) || c == 0x2028 || c == 0x2029 || c == 0x202f ||
         c == 0x205f || c == 0x2060 || c == 0x3000 || c == 0xfeff;
}

static bool is_space(int32_t c) { return c == ' ' || (c >= '\t' && c <= '\r' && c != '\n') || is_invisible(c); }

static bool is_of_word(int32_t c) {
  return c == '_' || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c > 127;
}

static void next(TSLexer *lexer) { lexer->advance(lexer, false); }

// Whether the line that begins here goes on from the one before.
static bool goes_on(TSLexer *lexer) {
  int32_t first = lexer->lookahead;
  switch (first) {
    case '+': case '-': case '*': case '/': case '^': case '<': case '>': case '{':
      return true;
    case '=': case '!':
      next(lexer);
      return lexer->lookahead == '=';
    case '.':
      next(lexer);
      return is_of_word(lexer->lookahead);
    case 'a':
      next(lexer);
      if (lexer->lookahead != 's') return false;
      next(lexer);
      return !is_of_word(lexer->lookahead);
    default:
      return false;
  }
}

bool tree_sitter_caviar_external_scanner_scan(void *payload, TSLexer *lexer, const bool *valid_symbols) {
  (void)payload;
  if (!valid_symbols[0]) return false;
  while (is_space(lexer->lookahead)) lexer->advance(lexer, true);
  if (lexer->lookahead != '\n') return false;
  next(lexer);
  lexer->mark_end(lexer);
  // Past empty lines and comments.
  for (;;) {
    while (is_space(lexer->lookahead) || lexer->lookahead == '\n') next(lexer);
    if (lexer->lookahead != '#') break;
    while (lexer->lookahead != '\n' && !lexer->eof(lexer)) next(lexer);
  }
  lexer->result_symbol = 0;
  return !goes_on(lexer);
}

// Nothing is remembered from one line end to the next.
void *tree_sitter_caviar_external_scanner_create(void) { return NULL; }
void tree_sitter_caviar_external_scanner_destroy(void *payload) { (void)payload; }
unsigned tree_sitter_caviar_external_scanner_serialize(void *payload, char *buffer) { (void)payload, (void)buffer; return 0; }
void tree_sitter_caviar_external_scanner_deserialize(void *payload, const char *buffer, unsigned length) { (void)payload, (void)buffer, (void)length; }
