package download

import (
	"net/http"

	"ltipolicy/evidence"
	"ltipolicy/store"
)

// SendReceipt sends the receipt of the answer that the request's address names, {event}, of a person of a platform. base is
// the tool's address.
func SendReceipt(w http.ResponseWriter, r *http.Request, db *store.DB, base, institutionID, platformID string, userID int64) error {
	ctx := r.Context()
	e, err := db.Event(ctx, userID, r.PathValue("event"))
	if err != nil {
		return err
	}
	institution, err := db.Institution(ctx, institutionID)
	if err != nil {
		return err
	}
	site, err := db.Platform(ctx, platformID)
	if err != nil {
		return err
	}
	given := evidence.Receipt{Tool: base, Institution: institution.Name, Site: site.Name}
	for _, who := range []struct {
		id   int64
		name *string
	}{{e.UserID, &given.Person}, {e.ActorID, &given.By}} {
		if u, err := db.User(ctx, platformID, who.id); err == nil { // nobody has to have a name
			*who.name = u.Name
		}
	}
	file, err := db.Receipt(ctx, userID, e.ID, given)
	if err != nil {
		return err
	}
	f := newFile(w, "application/json; charset=utf-8", "receipt-"+e.ID+".json")
	if _, err := f.Write(file); err != nil {
		return err
	}
	return f.flush()
}
