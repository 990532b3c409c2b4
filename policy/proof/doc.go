// Package proof holds a source text against what was made of it, and says which words, numbers, marks and links are lost,
// added or moved.
//
// It knows nothing of how texts are imported, and shares no rules with package source, whose faults it is there to see. It
// decides nothing either: what is published with a loss is for package transfer and people to say.
//
// Start reading at [Hold].
package proof
