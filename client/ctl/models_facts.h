/* What askctl models show tells of a model, and in which lines. */
#ifndef CLIENT_CTL_MODELS_FACTS_H
#define CLIENT_CTL_MODELS_FACTS_H

/* How a value is written. A day comes as seconds or as a text. */
enum fact_kind { FACT_TEXT, FACT_TOKENS, FACT_AMOUNT, FACT_NUMBER, FACT_DAY, FACT_FLAG };

/* A part of a line: what stands around a field's value. */
struct fact_part {
    const char *field, *before;
    enum fact_kind kind;
    const char *after;
};

/* A line: what it is called, and a field of the model; of a list, each that is in it. */
struct fact {
    const char *label, *field;
    enum fact_kind kind;
    const char *after;
};

/* A line for each map of a list; for the model's own map where list is NULL. */
struct fact_row {
    const char *label, *list;
    const struct fact_part *parts; /* the last one has no field */
};

/* Ended by a NULL label. */
extern const struct fact model_facts[];
extern const struct fact_row model_rows[];

#endif
