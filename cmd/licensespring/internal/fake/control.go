package fake

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"strconv"

	"github.com/licensespring-go/licensespring/licensespringtest"
)

// maxBody is the maximum size of a request of the control API in bytes.
const maxBody = 256 << 20

// controlAPI returns the handler of the control API. Its responses and its errors are
// JSON. Empty is the state of a server that stores nothing.
func controlAPI(server *licensespringtest.Server, store *stateFile, empty []byte) http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /requests", func(w http.ResponseWriter, _ *http.Request) {
		requests := []journalEntry{}
		for _, r := range server.Requests() {
			requests = append(requests, entryOf(r))
		}
		respond(w, requests)
	})
	mux.HandleFunc("DELETE /requests", func(w http.ResponseWriter, _ *http.Request) {
		server.ResetRequests()
		w.WriteHeader(http.StatusNoContent)
	})
	mux.HandleFunc("GET /faults", func(w http.ResponseWriter, _ *http.Request) {
		respond(w, append([]string{}, server.PendingFaults()...))
	})
	mux.HandleFunc("POST /faults", func(w http.ResponseWriter, r *http.Request) {
		faults, err := readFaults(r.Body)
		if err != nil {
			reject(w, http.StatusBadRequest, err)
			return
		}
		server.Inject(faults...)
		respond(w, map[string]int{"injected": len(faults)})
	})
	mux.HandleFunc("DELETE /faults", func(w http.ResponseWriter, _ *http.Request) {
		server.ClearFaults()
		w.WriteHeader(http.StatusNoContent)
	})
	mux.HandleFunc("PATCH /licenses/{id}", func(w http.ResponseWriter, r *http.Request) {
		id, _ := strconv.ParseInt(r.PathValue("id"), 10, 64)
		properties, err := readProperties(r.Body)
		switch {
		case err != nil:
			reject(w, http.StatusBadRequest, err)
		case !server.SetLicense(id, properties):
			reject(w, http.StatusNotFound, errors.New("no such license"))
		default:
			store.changed()
			w.WriteHeader(http.StatusNoContent)
		}
	})
	mux.HandleFunc("GET /state", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		_ = server.Save(w) // an error is that of the connection
	})
	mux.HandleFunc("PUT /state", func(w http.ResponseWriter, r *http.Request) {
		if err := server.Load(io.LimitReader(r.Body, maxBody)); err != nil {
			reject(w, http.StatusBadRequest, err)
			return
		}
		store.changed()
		w.WriteHeader(http.StatusNoContent)
	})
	mux.HandleFunc("DELETE /state", func(w http.ResponseWriter, _ *http.Request) {
		if err := server.Load(bytes.NewReader(empty)); err != nil {
			reject(w, http.StatusInternalServerError, err)
			return
		}
		store.changed()
		w.WriteHeader(http.StatusNoContent)
	})
	return mux
}

// readFaults reads one fault or an array of faults.
func readFaults(r io.Reader) ([]licensespringtest.Fault, error) {
	body, err := io.ReadAll(io.LimitReader(r, maxBody))
	if err != nil {
		return nil, err
	}
	var described []Fault
	if len(bytes.TrimSpace(body)) == 0 {
		return nil, errors.New("no fault")
	}
	if !bytes.HasPrefix(bytes.TrimSpace(body), []byte("[")) {
		body = append(append([]byte("["), body...), ']')
	}
	decoder := json.NewDecoder(bytes.NewReader(body))
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(&described); err != nil {
		return nil, err
	}
	var faults []licensespringtest.Fault
	for i := range described {
		fault, err := described[i].Build()
		if err != nil {
			return nil, err
		}
		faults = append(faults, fault)
	}
	return faults, nil
}

// readProperties reads properties with whole numbers as int64, as the server stores
// them.
func readProperties(r io.Reader) (map[string]any, error) {
	var properties map[string]any
	decoder := json.NewDecoder(io.LimitReader(r, maxBody))
	decoder.UseNumber()
	if err := decoder.Decode(&properties); err != nil {
		return nil, err
	}
	for name, value := range properties {
		number, ok := value.(json.Number)
		if !ok {
			continue
		}
		if n, err := number.Int64(); err == nil {
			properties[name] = n
		} else if f, err := number.Float64(); err == nil {
			properties[name] = f
		}
	}
	return properties, nil
}

func respond(w http.ResponseWriter, v any) {
	w.Header().Set("Content-Type", "application/json")
	encoder := json.NewEncoder(w)
	encoder.SetEscapeHTML(false)
	_ = encoder.Encode(v) // an error is that of the connection
}

func reject(w http.ResponseWriter, status int, err error) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(map[string]string{"error": err.Error()})
}
