// Package evidence is what somebody who was given a piece of the evidence needs to check it, without the tool, its
// database or the network: checkpoints of the log, receipts of single answers, and a witness that keeps checkpoints and
// sees that the log only ever grows. It owns the forms of these three, which docs/evidence.md writes down for verifiers
// in other languages. It does not own the log, which the store keeps, or the encoding of entries, which package policy
// has. Start reading at [Checkpoint], [Receipt] and [Witness].
package evidence
