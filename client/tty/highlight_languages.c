#include "client/tty/highlight_languages.h"
#include <ctype.h>
#include <string.h>

#define C_WORDS                                                                                                        \
    " auto bool break case char const continue default do double else enum extern false float for goto if inline int " \
    "int8_t int16_t int32_t int64_t uint8_t uint16_t uint32_t uint64_t long nullptr register restrict return short "   \
    "signed size_t sizeof ssize_t static struct switch true typedef union unsigned void volatile while NULL #include " \
    "#define #undef #if #ifdef #ifndef #else #elif #endif #pragma "
#define JS_WORDS                                                                                                       \
    " as async await break case catch class const continue debugger default delete do else export extends false "      \
    "finally for from function get if import in instanceof let new null of return set static super switch this throw " \
    "true try typeof undefined var void while with yield "

static const struct highlight_language languages[] = {
    {.names = " c h ",
     .keywords = C_WORDS,
     .comments = " // ",
     .open = "/*",
     .close = "*/",
     .quotes = "\"'",
     .in_words = "#"},
    {.names = " cpp c++ cc cxx hpp arduino ",
     .keywords = C_WORDS "alignas catch class concept const_cast constexpr co_await co_return co_yield decltype delete "
                         "dynamic_cast explicit export final friend mutable namespace new noexcept operator override "
                         "private protected public reinterpret_cast requires static_assert static_cast std template "
                         "this throw try typename using virtual ",
     .comments = " // ",
     .open = "/*",
     .close = "*/",
     .quotes = "\"'",
     .in_words = "#"},
    {.names = " cs csharp c# ",
     .keywords = " abstract as async await base bool break byte case catch char class const continue decimal default "
                 "delegate do double else enum event explicit extern false finally fixed float for foreach get if "
                 "implicit in int interface internal is lock long namespace new null object operator out override "
                 "params private protected public readonly record ref return sealed set short sizeof static string "
                 "struct switch this throw true try typeof uint ulong ushort using var virtual void volatile when "
                 "where while yield ",
     .in_words = "",
     .comments = " // ",
     .open = "/*",
     .close = "*/",
     .quotes = "\"'"},
    {.names = " python py python3 pycon ",
     .keywords = " False None True and as assert async await break case class continue def del elif else except "
                 "finally for from global if import in is lambda match nonlocal not or pass raise return self try "
                 "while with yield ",
     .in_words = "",
     .comments = " # ",
     .quotes = "\"'",
     .longs = {"\"\"\"", "'''"}},
    {.names = " sh bash zsh shell console shellsession fish ksh ",
     .keywords = " alias break case cd continue do done echo elif else esac eval exec exit export fi for function if "
                 "in local read readonly return select set shift source sudo then trap unset until while ",
     .comments = " # ",
     .quotes = "\"'",
     .in_words = "-",
     .apart = true},
    {.names = " javascript js jsx mjs node ",
     .keywords = JS_WORDS,
     .comments = " // ",
     .open = "/*",
     .close = "*/",
     .quotes = "\"'",
     .longs = {"`"},
     .in_words = "$"},
    {.names = " typescript ts tsx ",
     .keywords = JS_WORDS "abstract any boolean declare enum implements infer interface is keyof namespace never "
                          "number object private protected public readonly satisfies string symbol type unknown ",
     .comments = " // ",
     .open = "/*",
     .close = "*/",
     .quotes = "\"'",
     .longs = {"`"},
     .in_words = "$"},
    {.names = " go golang ",
     .keywords = " any bool break byte case chan const continue default defer else error fallthrough false float32 "
                 "float64 for func go goto if import int int32 int64 interface iota map nil package range return rune "
                 "select string struct switch true type uint uint8 uint32 uint64 var ",
     .in_words = "",
     .comments = " // ",
     .open = "/*",
     .close = "*/",
     .quotes = "\"'",
     .longs = {"`"}},
    {.names = " rust rs ",
     .keywords = " as async await bool break char const continue crate dyn else enum extern f32 f64 false fn for i8 "
                 "i16 i32 i64 if impl in isize let loop match mod move mut pub ref return self Self static str String "
                 "struct super trait true type u8 u16 u32 u64 unsafe use usize Vec where while ",
     .quotes = "",
     .in_words = "",
     .comments = " // ",
     .open = "/*",
     .close = "*/",
     .longs = {"\""}},
    {.names = " java kotlin kt scala groovy ",
     .keywords = " abstract assert boolean break byte case catch char class const continue data def default do double "
                 "else enum extends false final finally float for fun if implements import in instanceof int interface "
                 "is lateinit long native new null object open override package private protected public record "
                 "return sealed short static String super switch synchronized this throw throws trait transient true "
                 "try val var void volatile when while with yield ",
     .in_words = "",
     .comments = " // ",
     .open = "/*",
     .close = "*/",
     .quotes = "\"'",
     .longs = {"\"\"\""}},
    {.names = " swift ",
     .keywords = " actor any as associatedtype async await break case catch class continue default defer deinit do "
                 "else enum extension false fallthrough for func guard if import in init inout internal is let nil "
                 "open operator private protocol public repeat return self Self some static struct subscript super "
                 "switch throw throws true try typealias var where while ",
     .in_words = "",
     .comments = " // ",
     .open = "/*",
     .close = "*/",
     .quotes = "\"",
     .longs = {"\"\"\""}},
    {.names = " php ",
     .keywords = " abstract and array as break case catch class const continue declare default do echo else elseif "
                 "empty extends false final fn for foreach function global if implements include instanceof interface "
                 "isset match namespace new null or private protected public readonly require require_once return "
                 "static switch this throw trait true try unset use var while yield ",
     .comments = " // # ",
     .open = "/*",
     .close = "*/",
     .quotes = "\"'",
     .in_words = "$"},
    {.names = " ruby rb ",
     .keywords = " alias and attr_accessor attr_reader begin break case class def do else elsif end ensure false for "
                 "if in include module next nil not or private puts raise require rescue return self super then true "
                 "unless until when while yield ",
     .comments = " # ",
     .quotes = "\"'",
     .in_words = "?"},
    {.names = " lua ",
     .keywords = " and break do else elseif end false for function goto if in local nil not or repeat return then "
                 "true until while ",
     .in_words = "",
     .comments = " -- ",
     .open = "--[[",
     .close = "]]",
     .quotes = "\"'"},
    {.names = " perl pl ",
     .keywords = " and bless chomp die each else elsif eval for foreach if keys last local my next no not or our "
                 "package print push qw return shift sub undef unless until use while ",
     .comments = " # ",
     .quotes = "\"'",
     .in_words = "$@"},
    {.names = " r rlang ",
     .keywords = " break else FALSE for function if in Inf library NA next NULL repeat return TRUE while ",
     .comments = " # ",
     .quotes = "\"'",
     .in_words = "."},
    {.names = " haskell hs elm ",
     .keywords = " as case class data deriving do else forall hiding if import in infixl infixr instance let module "
                 "newtype of otherwise qualified then type where ",
     .comments = " -- ",
     .open = "{-",
     .close = "-}",
     .quotes = "\"",
     .in_words = "'"},
    {.names = " sql postgresql postgres mysql sqlite plsql ",
     .keywords = " add all alter and as asc between bigint boolean by case char check column commit constraint create "
                 "cross database date default delete desc distinct drop else end exists false foreign from full "
                 "function group having if in index inner insert int integer into is join key left like limit not "
                 "null numeric offset on or order outer over partition primary references replace returning right "
                 "rollback select serial set table text then timestamp transaction trigger true union unique update "
                 "using values varchar view when where with ",
     .in_words = "",
     .comments = " -- ",
     .open = "/*",
     .close = "*/",
     .quotes = "'\"",
     .no_escapes = true,
     .any_case = true},
    {.names = " json jsonc json5 jsonl ",
     .keywords = " true false null ",
     .in_words = "",
     .comments = " // ",
     .open = "/*",
     .close = "*/",
     .quotes = "\"",
     .key = ':'},
    {.names = " yaml yml ",
     .keywords = " true false null yes no on off ",
     .comments = " # ",
     .quotes = "\"'",
     .in_words = "-./",
     .apart = true,
     .key = ':'},
    {.names = " toml ini conf cfg properties dotenv env systemd ",
     .keywords = " true false ",
     .comments = " # ; ",
     .quotes = "\"'",
     .longs = {"\"\"\"", "'''"},
     .in_words = "-.",
     .key = '='},
    {.names = " html xml svg xhtml vue svelte ",
     .keywords = " ",
     .comments = " ",
     .open = "<!--",
     .close = "-->",
     .quotes = "",
     .in_words = "-:!",
     .no_escapes = true,
     .markup = true},
    {.names = " css scss less ",
     .keywords = " @import @media @keyframes @font-face !important from to ",
     .comments = " ",
     .open = "/*",
     .close = "*/",
     .quotes = "\"'",
     .in_words = "-@!",
     .key = ':'},
    {.names = " make makefile mk ",
     .keywords = " ifeq ifneq ifdef ifndef else endif include define endef export override .PHONY ",
     .comments = " # ",
     .quotes = "\"'",
     .in_words = ".-"},
    {.names = " dockerfile docker containerfile ",
     .keywords = " FROM RUN CMD LABEL EXPOSE ENV ADD COPY ENTRYPOINT VOLUME USER WORKDIR ARG ONBUILD STOPSIGNAL "
                 "HEALTHCHECK SHELL AS ",
     .in_words = "",
     .comments = " # ",
     .quotes = "\"'"},
    {.names = " cmake ",
     .keywords = " add_executable add_library cmake_minimum_required else elseif endforeach endfunction endif "
                 "find_package foreach function if include install message project set target_include_directories "
                 "target_link_libraries ",
     .quotes = "",
     .in_words = "",
     .comments = " # ",
     .longs = {"\""},
     .any_case = true},
    {.names = " vim viml ",
     .keywords = " autocmd call else elseif endfor endfunction endif endwhile for function if in let map nmap nnoremap "
                 "return set while ",
     .in_words = "",
     .comments = " ",
     .quotes = "'"},
    {.names = " diff patch udiff ", .keywords = " ", .in_words = "", .comments = " ", .quotes = "", .diff = true},
};

bool highlight_listed(const char *list, const char *word, size_t len, bool any_case)
{
    enum { LONGEST = 40 };
    char key[LONGEST + 3] = " ";
    if (len == 0 || len > LONGEST || memchr(word, ' ', len) != NULL || memchr(word, '\0', len) != NULL)
        return false;
    for (size_t i = 0; i < len; i++)
        key[i + 1] = any_case ? (char)tolower((unsigned char)word[i]) : word[i];
    key[len + 1] = ' ';
    return strstr(list, key) != NULL;
}

const struct highlight_language *highlight_language(const char *name, size_t len)
{
    for (size_t i = 0; i < sizeof(languages) / sizeof(languages[0]); i++)
        if (highlight_listed(languages[i].names, name, len, true))
            return &languages[i];
    return NULL;
}
