/* Whether an answer fits the JSON schema that was asked for, by draft 2020-12 of the standard. Pure.
 *
 * It is ours since Debian has no library in C for it that is kept up (the two on json-c stop at draft 4, valijson is
 * C++ and at draft 7), and since canonical values make it small: equal values are equal bytes, 1.0 is 1, members are
 * sorted.
 *
 * Known: type, enum, const, multipleOf, minimum, maximum, exclusiveMinimum, exclusiveMaximum, minLength and maxLength
 * (in characters), prefixItems, items, contains, minContains, maxContains, minItems, maxItems, uniqueItems, properties,
 * required, additionalProperties, propertyNames, dependentRequired, minProperties, maxProperties, allOf, anyOf, oneOf,
 * not, if, then, else, and $ref to a place in the schema itself ("#", "#/$defs/name"). Other keywords are passed over,
 * as the standard says of those that one does not know. Of these it does know pattern, patternProperties,
 * dependentSchemas, unevaluated… and $dynamicRef: what they ask for is not looked at. Where patternProperties stands,
 * additionalProperties is not either, since it depends on that. */
#ifndef ASKD_CHAT_SCHEMA_CHECK_H
#define ASKD_CHAT_SCHEMA_CHECK_H

#include "lib/base/value.h"

#define SCHEMA_WHY_SIZE 384      /* of a reason, with its NUL */
#define SCHEMA_STEPS_MAX 200000u /* schemas and values that are looked at for one answer; some 10 ms */
#define SCHEMA_DEPTH_MAX 256u    /* schemas within each other, followed references included */

/* False with a line in why: where in the answer, by the shortest JSONPath, and what is wrong there, such as
 * "$.people[2].age: is a string, not an integer". Also where it cannot be told: the check would take more than the
 * bounds allow, or there is no memory for it, or a reference leads nowhere; the line says so. */
bool schema_fits(const struct value *schema, const struct value *answer, char why[SCHEMA_WHY_SIZE]);

#endif
