package otellicensespring

import (
	"net/url"
	"strconv"
	"strings"
)

// target is where a request goes, in the terms of the conventions.
type target struct {
	address      string
	port         int
	template     string // the path, with {id} in the place of a number
	fullTemplate string // the URL with that path
}

// parseTarget takes a URL without a query apart. The client has checked it.
func parseTarget(address string) target {
	u, err := url.Parse(address)
	if err != nil {
		return target{}
	}
	t := target{address: u.Hostname(), template: template(u.EscapedPath())}
	t.fullTemplate = u.Scheme + "://" + u.Host + t.template
	switch port := u.Port(); {
	case port != "":
		t.port, _ = strconv.Atoi(port)
	case u.Scheme == "http":
		t.port = 80
	default:
		t.port = 443
	}
	return t
}

// template puts {id} in the place of each number behind the root of the API:
// ids have no end, and names of spans should be few. What is before it is the
// base URL's, and fixed.
func template(path string) string {
	const root = "/api/v1/"
	i := strings.LastIndex(path, root)
	if i < 0 {
		return path
	}
	segments := strings.Split(path[i+len(root):], "/")
	for j, segment := range segments {
		if segment != "" && strings.Trim(segment, "0123456789") == "" {
			segments[j] = "{id}"
		}
	}
	return path[:i+len(root)] + strings.Join(segments, "/")
}
