package proof

import "github.com/headwater-dev/headwater/worker/encoder"

// hash writes the macros that say which part a customer is in, as
// encoder.HashOrdinal, HashKey and PartBits do.
func (s *script) hash() {
	s.say(`
-- 1. Discovery or confirmation: by a hash of the row's place in the table, or of
-- the FNV-1a hash of its id. mix is the finalizer of splitmix64; UHUGEINT holds a
-- product of 64-bit numbers, of which the lower half is kept.

CREATE OR REPLACE TEMP MACRO low64(x) AS (x & 18446744073709551615::UHUGEINT);
CREATE OR REPLACE TEMP MACRO stir(x, bits, factor) AS low64(xor(x, x >> bits) * factor);
CREATE OR REPLACE TEMP MACRO fold31(x) AS xor(x, x >> 31);
CREATE OR REPLACE TEMP MACRO mix(x) AS
  fold31(stir(stir(low64(x + 11400714819323198485::UHUGEINT), 30, 13787848793156543929::UHUGEINT), 27, 10723151780598845931::UHUGEINT));
CREATE OR REPLACE TEMP MACRO fnv1a(id) AS
  list_reduce([('0x' || byte)::UTINYINT::UHUGEINT FOR byte IN regexp_extract_all(hex(encode(id)), '..')],
              lambda h, byte: low64(xor(h, byte) * 1099511628211::UHUGEINT), 14695981039346656037::UHUGEINT);
-- 2 of 5 are kept for confirmation: %d of 4096. The first number is that of --seed %d.
CREATE OR REPLACE TEMP MACRO in_confirmation(key) AS
  (mix(mix(low64(key + %d::UHUGEINT))) & 4095) < %d;
`, encoder.ConfirmShare, s.job.Plan.Seed, encoder.Start(s.job.Plan.Seed), encoder.ConfirmShare)
}
