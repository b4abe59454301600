-- 5. Exact sums of every group on each part of the customers, and figures from them.

-- Winsorised values lie between the 99.5th percentile of the values above zero,
-- rounded up to the next of 16 steps to a doubling, and its mirror below zero.
CREATE OR REPLACE TEMP MACRO step_up(v) AS
  CASE WHEN v < 32 THEN v ELSE (((v >> (length(bin(v)) - 5)) + 1) << (length(bin(v)) - 5)) - 1 END;
CREATE OR REPLACE TEMP TABLE bounds AS
  WITH distinct_values AS (
    SELECT metric, num > 0 AS positive, abs(num) AS size, count(*) AS n
    FROM everybody JOIN metrics USING (metric) WHERE clipped AND num <> 0 GROUP BY ALL),
  ranked AS (
    SELECT metric, positive, size, sum(n) OVER (PARTITION BY metric, positive ORDER BY size DESC) AS reached
    FROM distinct_values),
  sides AS (SELECT metric, positive, sum(n) AS n FROM distinct_values GROUP BY ALL),
  edges AS (
    SELECT metric, positive, step_up(max(size)) AS edge
    FROM ranked JOIN sides USING (metric, positive) WHERE reached > n // 200 GROUP BY ALL)
  SELECT metric, -max(edge) FILTER (WHERE NOT positive) AS low, max(edge) FILTER (WHERE positive) AS high
  FROM metrics LEFT JOIN edges USING (metric) GROUP BY ALL;

CREATE OR REPLACE TEMP TABLE sums AS
  SELECT metric, rule,
         CASE WHEN grouping(confirmation) = 1 THEN 'all' WHEN confirmation THEN 'confirmation' ELSE 'discovery' END AS part,
         count(*) AS n, count(num) AS known,
         coalesce(sum(num), 0) AS num, coalesce(sum(den), 0) AS den, coalesce(sum(clip), 0) AS clip,
         max(num) AS largest, var_samp(num) AS variance, var_samp(clip) AS clip_variance,
         sum(num::DOUBLE * num) AS num_num, sum(num::DOUBLE * den) AS num_den, sum(den::DOUBLE * den) AS den_den
  FROM (SELECT metric, rule, confirmation, num, den, greatest(least(num, coalesce(high, num)), coalesce(low, num)) AS clip
        FROM members JOIN bounds USING (metric))
  GROUP BY GROUPING SETS ((metric, rule, confirmation), (metric, rule));

-- The mean of the metric is num / weight, both in its unit. What is called
-- "fair" is winsorised; of a yes/no metric and a ratio it is the same.
CREATE OR REPLACE TEMP TABLE figures AS
  WITH weighed AS (
    SELECT s.*, m.* EXCLUDE (metric), CASE WHEN ratio THEN den ELSE known::HUGEINT END AS weight
    FROM sums s JOIN metrics m USING (metric)),
  compared AS (
    SELECT w.*, a.n AS all_n, a.num AS all_num, a.clip AS all_clip, a.weight AS all_weight
    FROM weighed w JOIN weighed a USING (metric, part) WHERE a.rule = 0)
  SELECT metric, rule, part, n, known, num, weight, largest, unit, weight_unit,
         n / all_n AS share,
         (num / unit) / (nullif(weight, 0) / weight_unit) AS mean,
         (clip / unit) / (nullif(weight, 0) / weight_unit) AS fair_mean,
         mean / ((all_num / unit) / (nullif(all_weight, 0) / weight_unit)) AS lift,
         fair_mean / ((all_clip / unit) / (nullif(all_weight, 0) / weight_unit)) AS fair_lift,
         -- num − weight × (mean of all), as a fraction of whole numbers
         (num * all_weight - weight * all_num)::DOUBLE / (nullif(all_weight, 0)::DOUBLE * unit) AS excess,
         (clip * all_weight - weight * all_clip)::DOUBLE / (nullif(all_weight, 0)::DOUBLE * unit) AS fair_excess,
         -- of one customer; of a ratio R that of (num − R·den) / mean den (Cochran 1977, 6.13)
         CASE WHEN yes_no THEN mean * (1 - mean)
              WHEN NOT ratio THEN clip_variance / unit / unit
              ELSE (num_num - 2 * (num / den) * num_den + (num / den) * (num / den) * den_den)
                   / (den::DOUBLE * den) * known * known / (known - 1) * (weight_unit / unit) * (weight_unit / unit) END AS spread,
         variance / unit / unit AS raw_spread,
         yes_no
  FROM compared;

-- Wilson's interval of a rate; Student's or the normal one of a mean.
CREATE OR REPLACE TEMP MACRO z95() AS 1.959963984540054e0;
CREATE OR REPLACE TEMP MACRO wilson_middle(rate, n) AS (rate + z95() * z95() / (2 * n)) / (1 + z95() * z95() / n);
CREATE OR REPLACE TEMP MACRO wilson_half(rate, n) AS
  z95() / (1 + z95() * z95() / n) * sqrt(rate * (1 - rate) / n + z95() * z95() / (4 * n * n));

CREATE OR REPLACE TEMP TABLE finding_figures AS
  SELECT f.metric, f.rank, g.part, g.n, g.known, g.share, g.mean,
         CASE WHEN yes_no THEN greatest(0, wilson_middle(mean, known) - wilson_half(mean, known))
              ELSE fair_mean - q.errors * sqrt(spread / known) END AS low,
         CASE WHEN yes_no THEN least(1, wilson_middle(mean, known) + wilson_half(mean, known))
              ELSE fair_mean + q.errors * sqrt(spread / known) END AS high,
         g.lift, g.excess, g.fair_mean AS "winsorised mean", g.fair_lift AS "winsorised lift", g.fair_excess AS "winsorised excess",
         CASE WHEN g.part = 'all' THEN g.largest / nullif(g.num, 0) END AS largest
  FROM findings f JOIN figures g USING (metric, rule) LEFT JOIN quantiles q USING (metric, rank, part);

-- The best shorter rule, and its other customers.
CREATE OR REPLACE TEMP TABLE parent_figures AS
  SELECT f.metric, f.rank, p.n, p.mean,
         g.mean / (((p.num - g.num) / g.unit) / (nullif(p.weight - g.weight, 0) / g.weight_unit)) AS gain
  FROM findings f
  JOIN figures g ON g.metric = f.metric AND g.rule = f.rule AND g.part = 'confirmation'
  JOIN figures p ON p.metric = f.metric AND p.rule = f.parent AND p.part = 'confirmation';

-- The largest overlap with a finding ranked above, on discovery.
CREATE OR REPLACE TEMP TABLE overlap_figures AS
  WITH pairs AS (
    SELECT metric, above, rank, count(*) AS n
    FROM (SELECT metric, rank, unnest(ranks) AS above FROM (SELECT metric, ranks, unnest(ranks) AS rank FROM shared))
    WHERE above < rank GROUP BY ALL),
  jaccard AS (
    SELECT metric, s.rank, s.n / (a.n + b.n - s.n) AS covered
    FROM pairs s
    JOIN finding_figures a USING (metric, rank)
    JOIN finding_figures b ON b.metric = s.metric AND b.rank = s.above
    WHERE a.part = 'discovery' AND b.part = 'discovery')
  SELECT metric, f.rank, coalesce(max(covered), 0) AS covered
  FROM findings f LEFT JOIN jaccard USING (metric, rank) GROUP BY ALL;

-- Profit on winsorised means of confirmation; customers in each arm of a test
-- that tells the group from everybody else (Fleiss, Levin and Paik 2003, 4.14).
CREATE OR REPLACE TEMP TABLE money_figures AS
  WITH beside AS (
    SELECT f.metric, f.rank, a.n, f.value, f.cost, g.yes_no, g.fair_mean AS mean, g.spread, e.known - g.known AS others,
           (e.fair_mean * e.weight - g.fair_mean * g.weight) / (e.weight - g.weight) AS other_mean,
           CASE WHEN g.yes_no THEN other_mean * (1 - other_mean)
                ELSE ((e.known - 1) * e.spread - (g.known - 1) * g.spread
                      - (g.fair_mean - other_mean) ** 2 * g.known * others / e.known) / (others - 1) END AS other_spread
    FROM findings f
    JOIN figures a ON a.metric = f.metric AND a.rule = f.rule AND a.part = 'all'
    JOIN figures g ON g.metric = f.metric AND g.rule = f.rule AND g.part = 'confirmation'
    JOIN figures e ON e.metric = f.metric AND e.rule = 0 AND e.part = 'confirmation'
    WHERE f.value IS NOT NULL)
  SELECT metric, rank, n * (mean * value - cost) AS profit,
         CASE WHEN value > 0 THEN cost / value ELSE 0 END AS break_even,
         CASE WHEN yes_no THEN
           ceil(((z95() * sqrt((mean + other_mean) * (1 - (mean + other_mean) / 2))
                  + 0.8416212335729143e0 * sqrt(spread + other_spread)) / (mean - other_mean)) ** 2)
         ELSE ceil((z95() + 0.8416212335729143e0) ** 2 * (spread + other_spread) / (mean - other_mean) ** 2) END AS per_arm
  FROM beside;

CREATE OR REPLACE TEMP TABLE segment_figures AS
  SELECT -rule AS segment, metric, part, n, known, share, mean, lift,
         CASE WHEN yes_no THEN greatest(0, wilson_middle(mean, known) - wilson_half(mean, known))
              ELSE mean - z95() * sqrt(raw_spread / known) END AS low,
         CASE WHEN yes_no THEN least(1, wilson_middle(mean, known) + wilson_half(mean, known))
              ELSE mean + z95() * sqrt(raw_spread / known) END AS high
  FROM figures WHERE rule < 0;

-- 6. All of them, one a row, and beside them what the report says.
CREATE OR REPLACE TEMP TABLE computed AS
  WITH long AS (
    FROM (UNPIVOT (SELECT metric, 'finding ' || rank AS subject, part, COLUMNS(* EXCLUDE (metric, rank, part))::DOUBLE FROM finding_figures)
          ON COLUMNS(* EXCLUDE (metric, subject, part)) INTO NAME figure VALUE value)
    UNION ALL FROM (UNPIVOT (SELECT metric, 'finding ' || rank AS subject, 'confirmation' AS part,
                                    n::DOUBLE AS "parent n", mean AS "parent mean", gain AS "parent gain" FROM parent_figures)
          ON COLUMNS(* EXCLUDE (metric, subject, part)) INTO NAME figure VALUE value)
    UNION ALL SELECT metric, 'finding ' || rank, 'discovery', 'covered', covered FROM overlap_figures
    UNION ALL FROM (UNPIVOT (SELECT metric, 'finding ' || rank AS subject, 'all' AS part, profit, break_even, per_arm FROM money_figures)
          ON COLUMNS(* EXCLUDE (metric, subject, part)) INTO NAME figure VALUE value)
    UNION ALL FROM (UNPIVOT (SELECT s.metric, 'finding ' || s.rank AS subject, 'confirmation' AS part,
                                    'step ' || step AS figure, n::DOUBLE AS n, mean
                             FROM steps s JOIN figures g ON g.metric = s.metric AND g.rule = s.rule AND g.part = 'confirmation')
          ON n, mean INTO NAME what VALUE value) SELECT metric, subject, part, figure || ' ' || what, value
    UNION ALL SELECT metric, 'everybody', part, unnest(['n', 'known', 'mean', 'sum']), unnest([n, known, mean, num / unit]) FROM figures WHERE rule = 0
    UNION ALL SELECT metric, 'group ' || place, part, unnest(['n', 'share', 'mean', 'lift', 'excess']), unnest([n, share, mean, lift, excess])
              FROM ranked JOIN figures USING (metric, rule) WHERE part = 'all'
    UNION ALL SELECT metric, 'winsorised between', 'all', unnest(['low', 'high']), unnest([low / unit, high / unit]) FROM bounds JOIN metrics USING (metric)
    UNION ALL SELECT metric, 'segment ' || segment, part, unnest(['n', 'known', 'share', 'mean', 'lift', 'low', 'high']),
                     unnest([n, known, share, mean, lift, low, high]) FROM segment_figures
    UNION ALL SELECT metric, 'concentration', 'confirmation', unnest(['customers of ' || point, 'metric of ' || point]),
                     unnest([customers, brought]) FROM concentration)
  SELECT m.name AS metric, subject, part, figure, value FROM long JOIN metrics m USING (metric);

CREATE OR REPLACE TEMP VIEW evidence AS
  SELECT metric, subject, part, figure, value AS here, reported, coalesce(abs(value - reported) <= within, false) AS agrees
  FROM reported LEFT JOIN computed USING (metric, subject, part, figure);

-- 7. What does not agree, below how much does. FROM evidence shows every figure.
SELECT * EXCLUDE (line) FROM (
  SELECT 0 AS line, count(*) FILTER (WHERE agrees) || ' of ' || count(*) || ' figures agree' AS metric,
         NULL AS subject, NULL AS part, NULL AS figure, NULL::DOUBLE AS here, NULL::DOUBLE AS reported
  FROM evidence
  UNION ALL
  SELECT 1, metric, subject, part, figure, here, reported FROM evidence WHERE NOT agrees)
ORDER BY ALL;
