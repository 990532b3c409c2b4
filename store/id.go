package store

import (
	"fmt"
	"io"

	"github.com/google/uuid"
)

// NewID makes a UUIDv7 (RFC 9562) from the database's clock and randomness.
func (db *DB) NewID() (string, error) {
	var u uuid.UUID
	if _, err := io.ReadFull(db.rand, u[6:]); err != nil {
		return "", fmt.Errorf("making an id: %w", err)
	}
	ms := uint64(db.now().UnixMilli())
	for i := range 6 {
		u[i] = byte(ms >> (40 - 8*i))
	}
	u[6] = u[6]&0x0f | 0x70 // version 7
	u[8] = u[8]&0x3f | 0x80 // variant
	return u.String(), nil
}
