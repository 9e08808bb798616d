/* What of a text is counted, and what each costs: a row for each feature, a column for each vocabulary, in thousandths
 * of a token. Fitted to what the vocabularies themselves make of prose, source code, JSON, tables and figures, in the
 * languages that doc/tokens.md names. No single figure means much: they are a sum's parts.
 *
 * A word is what stands between blanks; a large letter or anything but a letter ends one too. WORD6 are words of five
 * and six bytes, WORD4 shorter ones, and so on to WORD14, of 14 and more; LONG are the bytes beyond. Those of a text
 * that seems to be English are ENGLISH, those with no blank before them JOINED. LATIN are letters with accents, CAPS
 * words in capitals, CAPITAL their letters. THREE are digits in groups of three. A MARK is punctuation that stands
 * alone, a PAIR two, MARKS more (MORE: those beyond the third), a RULE more of the same (MORE: eights of them). LINE
 * ends a line, LINES several. Of the scripts, RUN are runs of characters. STRAY are bytes that are no UTF-8. */
#ifndef ASKD_CATALOG_TOKENS_TABLE_H
#define ASKD_CATALOG_TOKENS_TABLE_H

/* feature: cl100k, o200k, claude, gemini, deepseek, qwen, llama, mistral. The order matters to the scan: the six of
 * WORD, ENGLISH and JOINED by their length, GREEK_RUN to HANGUL in twos with the run first. */
#define TOKEN_FEATURE_MAP(X)                                                                                           \
    X(FEATURE_WORD4, 836, 790, 784, 877, 769, 918, 886, 787)                                                           \
    X(FEATURE_WORD6, 1018, 930, 1489, 965, 1097, 728, 816, 1014)                                                       \
    X(FEATURE_WORD8, 1196, 1281, 948, 1130, 1408, 1262, 1267, 1426)                                                    \
    X(FEATURE_WORD10, 2857, 2649, 2388, 2209, 2986, 3123, 3249, 2718)                                                  \
    X(FEATURE_WORD13, 4590, 3972, 4784, 3991, 4410, 5292, 5129, 4100)                                                  \
    X(FEATURE_WORD14, 6187, 4145, 7206, 5056, 6109, 7198, 7237, 5020)                                                  \
    X(FEATURE_ENGLISH4, 965, 944, 972, 959, 943, 970, 959, 959)                                                        \
    X(FEATURE_ENGLISH6, 1112, 1077, 1140, 1124, 1153, 1119, 1115, 1141)                                                \
    X(FEATURE_ENGLISH8, 954, 1010, 1007, 983, 1015, 948, 963, 996)                                                     \
    X(FEATURE_ENGLISH10, 1516, 1479, 1444, 1288, 1507, 1541, 1501, 1478)                                               \
    X(FEATURE_ENGLISH13, 1211, 1207, 1265, 1170, 1298, 1207, 1220, 1285)                                               \
    X(FEATURE_ENGLISH14, 2603, 2129, 2495, 2641, 1963, 3008, 3055, 3360)                                               \
    X(FEATURE_JOINED4, 1285, 1302, 1301, 1196, 1317, 1285, 1296, 1352)                                                 \
    X(FEATURE_JOINED6, 879, 962, 821, 941, 1003, 918, 884, 943)                                                        \
    X(FEATURE_JOINED8, 1357, 1349, 1036, 1221, 1451, 1355, 1371, 1457)                                                 \
    X(FEATURE_JOINED10, 1154, 1094, 1044, 1232, 1531, 1259, 1166, 1419)                                                \
    X(FEATURE_JOINED13, 2303, 2294, 1706, 1744, 2232, 2087, 2271, 2290)                                                \
    X(FEATURE_JOINED14, 1600, 1600, 1712, 1600, 1600, 1600, 1600, 1600)                                                \
    X(FEATURE_LONG, 445, 431, 472, 249, 310, 353, 359, 314)                                                            \
    X(FEATURE_LATIN, 1145, 379, 1889, 273, 793, 519, 332, 347)                                                         \
    X(FEATURE_CAPS, 890, 904, 1114, 1144, 1250, 865, 900, 623)                                                         \
    X(FEATURE_CAPITAL, 122, 123, 124, 64, 126, 124, 122, 304)                                                          \
    X(FEATURE_THREE, 947, 925, 972, 506, 927, 540, 939, 635)                                                           \
    X(FEATURE_DIGIT, 0, 0, 0, 738, 0, 734, 0, 683)                                                                     \
    X(FEATURE_MARK, 1101, 1111, 1104, 1060, 1122, 1057, 1105, 1064)                                                    \
    X(FEATURE_MARK_WORD, 8, 53, 830, 934, 329, 0, 0, 85)                                                               \
    X(FEATURE_BLANK_MARK, 897, 976, 946, 1046, 960, 905, 913, 969)                                                     \
    X(FEATURE_BLANK_MARK_WORD, 909, 899, 1009, 1017, 948, 904, 919, 854)                                               \
    X(FEATURE_PAIR, 1077, 1092, 1071, 950, 1045, 1062, 1118, 1045)                                                     \
    X(FEATURE_MARKS, 1179, 1241, 1337, 1119, 1407, 1127, 1159, 1231)                                                   \
    X(FEATURE_MARKS_MORE, 226, 167, 189, 244, 385, 219, 232, 312)                                                      \
    X(FEATURE_RULE, 1414, 1332, 1869, 1082, 1240, 1376, 1310, 1217)                                                    \
    X(FEATURE_RULE_MORE, 0, 0, 0, 545, 0, 0, 0, 203)                                                                   \
    X(FEATURE_BLANK_DIGIT, 1131, 1034, 67, 747, 876, 882, 1126, 912)                                                   \
    X(FEATURE_BLANK_END, 0, 64, 887, 899, 0, 0, 219, 1175)                                                             \
    X(FEATURE_BLANKS, 865, 827, 500, 936, 805, 861, 871, 897)                                                          \
    X(FEATURE_BLANKS_MORE, 0, 0, 0, 210, 0, 0, 0, 0)                                                                   \
    X(FEATURE_TABS, 2256, 2013, 2484, 1686, 2090, 2227, 2272, 2302)                                                    \
    X(FEATURE_LINE, 1008, 1112, 861, 1057, 1026, 948, 1003, 1146)                                                      \
    X(FEATURE_LINES, 875, 1031, 1905, 1343, 1160, 1081, 1046, 1177)                                                    \
    X(FEATURE_MARK_LINE, 83, 41, 512, 974, 45, 104, 12, 47)                                                            \
    X(FEATURE_MARK_LINES, 0, 0, 1323, 848, 0, 0, 0, 0)                                                                 \
    X(FEATURE_GREEK_RUN, 257, 0, 1270, 0, 0, 318, 0, 0)                                                                \
    X(FEATURE_GREEK, 1001, 407, 1102, 417, 528, 953, 433, 425)                                                         \
    X(FEATURE_CYRILLIC_RUN, 1033, 261, 760, 372, 463, 508, 390, 269)                                                   \
    X(FEATURE_CYRILLIC, 370, 278, 471, 236, 287, 313, 288, 304)                                                        \
    X(FEATURE_HEBREW_RUN, 651, 167, 725, 180, 12, 0, 499, 0)                                                           \
    X(FEATURE_HEBREW, 1063, 464, 936, 524, 592, 502, 1094, 529)                                                        \
    X(FEATURE_ARABIC_RUN, 844, 87, 2296, 0, 405, 1550, 0, 0)                                                           \
    X(FEATURE_ARABIC, 673, 367, 628, 395, 377, 157, 438, 366)                                                          \
    X(FEATURE_INDIC_RUN, 0, 0, 0, 54, 1010, 0, 0, 0)                                                                   \
    X(FEATURE_INDIC, 1276, 390, 1411, 289, 439, 1169, 648, 469)                                                        \
    X(FEATURE_THAI_RUN, 479, 0, 1607, 271, 385, 1258, 406, 0)                                                          \
    X(FEATURE_THAI, 931, 412, 1713, 327, 372, 503, 469, 541)                                                           \
    X(FEATURE_HAN_RUN, 1429, 999, 1532, 811, 1526, 1715, 869, 1018)                                                    \
    X(FEATURE_HAN, 874, 627, 680, 522, 439, 507, 691, 878)                                                             \
    X(FEATURE_KANA_RUN, 0, 0, 0, 0, 0, 0, 0, 0)                                                                        \
    X(FEATURE_KANA, 858, 596, 834, 327, 514, 456, 560, 519)                                                            \
    X(FEATURE_HANGUL_RUN, 135, 242, 253, 166, 298, 162, 340, 190)                                                      \
    X(FEATURE_HANGUL, 1145, 615, 1290, 585, 698, 773, 612, 614)                                                        \
    X(FEATURE_SYMBOL, 619, 610, 750, 554, 558, 584, 629, 696)                                                          \
    X(FEATURE_WIDE_MARK, 496, 810, 1077, 490, 0, 0, 436, 431)                                                          \
    X(FEATURE_WIDE, 884, 534, 1420, 717, 343, 131, 445, 466)                                                           \
    X(FEATURE_EMOJI, 2707, 2377, 2739, 2628, 2500, 2880, 2793, 2931)                                                   \
    X(FEATURE_STRAY, 1000, 1000, 1000, 1000, 1000, 1000, 1000, 1000)

enum token_feature {
#define X(feature, ...) feature,
    TOKEN_FEATURE_MAP(X)
#undef X
        FEATURE_COUNT
};

#endif
