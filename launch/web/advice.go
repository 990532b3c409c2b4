package web

import "context"

// Advise says which command helps: the line of the request and the page of its error show it.
func Advise(ctx context.Context, command string) {
	Note(ctx, "advice", command)
	if rec := recordOf(ctx); rec != nil {
		rec.mu.Lock()
		rec.advice = command
		rec.mu.Unlock()
	}
}

func advised(ctx context.Context) string {
	rec := recordOf(ctx)
	if rec == nil {
		return ""
	}
	rec.mu.Lock()
	defer rec.mu.Unlock()
	return rec.advice
}
