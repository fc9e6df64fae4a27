package otellicensespring

import (
	"net/url"
	"strconv"
	"strings"
)

// target contains the attributes of a URL.
type target struct {
	address      string
	port         int
	template     string // the path with {id} instead of a number
	fullTemplate string // the URL with the template as its path
}

// parseTarget parses a URL without a query. The client has validated it.
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

// template replaces each number after the root of the API by {id}, so that the names
// of spans have low cardinality. The path before the root comes from the base URL and
// is constant.
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
