/**
 * Queries with the lineage that a person wrote down: for each column the columns of inputs that its values are
 * made of, then after `|` those that decide rows. `a` and `b` are handles; `-` is nothing.
 */
export const lineageQueries: readonly (readonly [query: string, expected: string])[] = [
  // Plain expressions.
  ['SELECT id, v * 2 AS d, 1 AS one FROM "@a"', 'id: a.id; d: a.v; one: - | -'],
  ['SELECT * FROM "@b"', 'id: b.id; k: b.k; w: b.w | -'],
  ['SELECT * EXCLUDE (k) FROM "@b"', 'id: b.id; w: b.w | -'],
  ['SELECT * REPLACE (w + id AS w) FROM "@b"', 'id: b.id; k: b.k; w: b.id b.w | -'],
  ["SELECT COLUMNS(c -> c IN ('id', 'w')) + 1 FROM \"@b\"", 'id: b.id; w: b.w | -'],
  ['SELECT min(COLUMNS(* EXCLUDE (id))) FROM "@b"', 'k: b.k; w: b.w | -'],
  ['SELECT v AS x, x + k AS y FROM "@a"', 'x: a.v; y: a.k a.v | -'],
  ['SELECT CASE WHEN k > 1 THEN v ELSE id END AS c FROM "@a"', 'c: a.id a.k a.v | -'],
  ['SELECT st.x AS x FROM "@a"', 'x: a.st | -'],
  ['SELECT {p: v, q: s} AS o FROM "@a"', 'o: a.v a.s | -'],
  ['SELECT list_transform(l, lambda e: e + k) AS t FROM "@a"', 't: a.k a.l | -'],
  ['SELECT list_filter(l, lambda e: e > v) AS t, len(l) AS n FROM "@a"', 't: a.v a.l; n: a.l | -'],
  ['SELECT $1 + v AS x FROM "@a" WHERE k < $2', 'x: a.v | a.k'],
  ['SELECT id FROM "@a" WHERE k = 1 AND s LIKE \'a%\'', 'id: a.id | a.k a.s'],
  ['SELECT 1 AS one', 'one: - | -'],
  ['FROM (VALUES (1, 2), (3, 4)) AS t(x, y)', 'x: -; y: - | -'],
  ['SELECT a.id, t.x FROM "@a" AS a, (VALUES (1), (2)) AS t(x) WHERE t.x = a.k', 'id: a.id; x: - | a.k'],
  // Groups.
  ['SELECT k, sum(v) AS s, count(*) AS n FROM "@a" GROUP BY k', 'k: a.k; s: a.v; n: - | a.k'],
  ['SELECT sum(v) FILTER (WHERE k = 1) AS s FROM "@a"', 's: a.k a.v | -'],
  ['SELECT list(v ORDER BY id) AS l FROM "@a"', 'l: a.id a.v | -'],
  ['SELECT sum(v) AS s FROM "@a" WHERE k > 0', 's: a.v | a.k'],
  ['SELECT k FROM "@a" GROUP BY k HAVING max(v) > 1', 'k: a.k | a.k a.v'],
  [
    'SELECT k, s, grouping(k) AS g, sum(v) AS t FROM "@a" GROUP BY ROLLUP (k, s)',
    'k: a.k; s: a.s; g: -; t: a.v | a.k a.s',
  ],
  [
    'SELECT k, s, count(*) AS n FROM "@a" GROUP BY GROUPING SETS ((k), (s), ())',
    'k: a.k; s: a.s; n: - | a.k a.s',
  ],
  ['SELECT k, s, max(v) AS m FROM "@a" GROUP BY CUBE (k, s)', 'k: a.k; s: a.s; m: a.v | a.k a.s'],
  ['SELECT DISTINCT k, s FROM "@a"', 'k: a.k; s: a.s | a.k a.s'],
  ['SELECT DISTINCT ON (k) k, v FROM "@a" ORDER BY k, id', 'k: a.k; v: a.v | a.id a.k'],
  ['SELECT arg_max(s, v) AS top FROM "@a" GROUP BY k', 'top: a.v a.s | a.k'],
  // Joins.
  ['SELECT a.v, b.w FROM "@a" AS a JOIN "@b" AS b ON a.k = b.k', 'v: a.v; w: b.w | a.k b.k'],
  ['SELECT k, w FROM "@a" JOIN "@b" USING (k)', 'k: a.k; w: b.w | a.k b.k'],
  ['SELECT k, v, w FROM "@a" FULL JOIN "@b" USING (k)', 'k: a.k b.k; v: a.v; w: b.w | a.k b.k'],
  [
    'SELECT a.id, b.w FROM "@a" AS a LEFT JOIN "@b" AS b ON a.k = b.k AND a.v > b.w',
    'id: a.id; w: b.w | a.k a.v b.k b.w',
  ],
  ['SELECT a.id, b.w FROM "@a" AS a RIGHT JOIN "@b" AS b ON a.k < b.k', 'id: a.id; w: b.w | a.k b.k'],
  ['SELECT a.id, b.w FROM "@a" AS a CROSS JOIN "@b" AS b', 'id: a.id; w: b.w | -'],
  ['SELECT a.id FROM "@a" AS a SEMI JOIN "@b" AS b ON a.k = b.k', 'id: a.id | a.k b.k'],
  ['SELECT a.id FROM "@a" AS a ANTI JOIN "@b" AS b USING (k)', 'id: a.id | a.k b.k'],
  [
    'SELECT a.id, b.w FROM "@a" AS a ASOF JOIN "@b" AS b ON a.k = b.k AND a.v >= b.id',
    'id: a.id; w: b.w | a.k a.v b.id b.k',
  ],
  ['SELECT a.id, b.w FROM "@a" AS a POSITIONAL JOIN "@b" AS b', 'id: a.id; w: b.w | -'],
  ['SELECT x.id, y.v FROM "@a" AS x JOIN "@a" AS y ON x.k = y.id', 'id: a.id; v: a.v | a.id a.k'],
  [
    'SELECT a.id, b.w FROM "@a" AS a JOIN "@b" AS b ON a.k = b.k OR a.v = b.w',
    'id: a.id; w: b.w | a.k a.v b.k b.w',
  ],
  // CTEs.
  [
    'WITH x AS (SELECT k, sum(v) AS t FROM "@a" GROUP BY k) SELECT t, w FROM x JOIN "@b" USING (k)',
    't: a.v; w: b.w | a.k b.k',
  ],
  [
    'WITH x AS (SELECT id, v FROM "@a"), y AS (SELECT * FROM x WHERE v > 0) SELECT x.id FROM x, y',
    'id: a.id | a.v',
  ],
  [
    'WITH x AS MATERIALIZED (SELECT k + 1 AS k FROM "@a") SELECT p.k FROM x AS p JOIN x AS q ON p.k = q.k',
    'k: a.k | a.k',
  ],
  [
    'WITH RECURSIVE r(n, m) AS (SELECT k, v FROM "@a" UNION ALL SELECT n + 1, m FROM r WHERE n < 5) SELECT n, m FROM r',
    'n: a.k; m: a.v | a.k',
  ],
  [
    'WITH RECURSIVE r(x, y) AS (SELECT id, k FROM "@a" UNION ALL SELECT y, w FROM r JOIN "@b" AS b ON y = b.k AND x < 0) ' +
      'SELECT x, y FROM r',
    'x: a.id a.k b.w; y: a.k b.w | a.id a.k b.k b.w',
  ],
  // Subqueries.
  ['SELECT id FROM "@a" WHERE k IN (SELECT k FROM "@b" WHERE w > 1)', 'id: a.id | a.k b.k b.w'],
  ['SELECT id FROM "@a" WHERE k NOT IN (SELECT k FROM "@b")', 'id: a.id | a.k b.k'],
  ['SELECT id, k IN (SELECT k FROM "@b") AS known FROM "@a"', 'id: a.id; known: a.k b.k | -'],
  ['SELECT id FROM "@a" AS a WHERE EXISTS (SELECT * FROM "@b" AS b WHERE b.k = a.k)', 'id: a.id | a.k b.k'],
  [
    'SELECT id FROM "@a" AS a WHERE NOT EXISTS (FROM "@b" AS b WHERE b.k = a.k AND b.w > 2)',
    'id: a.id | a.k b.k b.w',
  ],
  ['SELECT id, (SELECT max(w) FROM "@b") AS m FROM "@a"', 'id: a.id; m: b.w | -'],
  ['SELECT id, (SELECT max(w) FROM "@b" WHERE k > 1) AS m FROM "@a"', 'id: a.id; m: b.k b.w | -'],
  [
    'SELECT id, (SELECT max(w) FROM "@b" AS b WHERE b.k = a.k) AS m FROM "@a" AS a',
    'id: a.id; m: a.k b.k b.w | -',
  ],
  [
    'SELECT a.id, t.w FROM "@a" AS a, LATERAL (SELECT w FROM "@b" AS b WHERE b.k = a.k ORDER BY w LIMIT 1) AS t',
    'id: a.id; w: b.w | a.k b.k b.w',
  ],
  ['SELECT id FROM "@a" WHERE v > (SELECT avg(w) FROM "@b")', 'id: a.id | a.v b.w'],
  // Windows and orders.
  [
    'SELECT id, row_number() OVER (PARTITION BY k ORDER BY v, id) AS n FROM "@a"',
    'id: a.id; n: a.id a.k a.v | -',
  ],
  [
    'SELECT sum(v) OVER w AS s, lag(s) OVER w AS p FROM "@a" WINDOW w AS (PARTITION BY k ORDER BY id)',
    's: a.id a.k a.v; p: a.id a.k a.s | -',
  ],
  [
    'SELECT id FROM "@a" QUALIFY row_number() OVER (PARTITION BY k ORDER BY v, id) = 1',
    'id: a.id | a.id a.k a.v',
  ],
  ['SELECT s FROM "@a" ORDER BY v DESC, id LIMIT 2', 's: a.s | a.id a.v'],
  ['SELECT s FROM "@a" ORDER BY id LIMIT 1 OFFSET 1', 's: a.s | a.id'],
  // Sets.
  ['SELECT id, v FROM "@a" UNION ALL SELECT id, w FROM "@b"', 'id: a.id b.id; v: a.v b.w | -'],
  ['SELECT id, v FROM "@a" UNION SELECT id, w FROM "@b"', 'id: a.id b.id; v: a.v b.w | a.id a.v b.id b.w'],
  ['SELECT id, k FROM "@a" UNION ALL BY NAME SELECT w, k FROM "@b"', 'id: a.id; k: a.k b.k; w: b.w | -'],
  ['SELECT k FROM "@a" EXCEPT SELECT k FROM "@b"', 'k: a.k | a.k b.k'],
  ['SELECT k FROM "@a" INTERSECT SELECT k FROM "@b"', 'k: a.k b.k | a.k b.k'],
  // Rows from lists and back.
  ['SELECT id, unnest(l) AS e FROM "@a"', 'id: a.id; e: a.l | a.l'],
  ['SELECT a.id, u.e FROM "@a" AS a, unnest(a.l) AS u(e)', 'id: a.id; e: a.l | a.l'],
  ['SELECT a.id, r.n FROM "@a" AS a, range(a.k) AS r(n)', 'id: a.id; n: a.k | a.k'],
  ['SELECT r.n FROM range(3) AS r(n), "@a"', 'n: - | -'],
  [
    'FROM (PIVOT (SELECT k, s, v FROM "@a") ON k IN (1, 2) USING sum(v))',
    's: a.s; 1: a.k a.v; 2: a.k a.v | a.s',
  ],
  [
    'SELECT * FROM (UNPIVOT (SELECT id, k, v FROM "@a") ON k, v INTO NAME name VALUE value)',
    'id: a.id; name: -; value: a.k a.v | a.k a.v',
  ],
]
