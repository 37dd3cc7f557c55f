vcl 4.1;

backend zope {
    .host = "127.0.0.1";
    .port = "8080";
}

sub vcl_recv {
    # Varnish by itself passes every request with a cookie to Zope.  That of the session
    # alone is no reason: pages that depend on the session say so, and are not stored.
    if ((req.method == "GET" || req.method == "HEAD")
        && !req.http.Authorization
        && req.http.Cookie !~ "(^|;\s*)(__ac|statusmessages)=") {
        return (hash);
    }
}

sub vcl_backend_response {
    # Pages that say nothing of caches are not stored either.
    if (!beresp.http.Cache-Control && !beresp.http.Expires) {
        set beresp.uncacheable = true;
        set beresp.ttl = 2m;
        return (deliver);
    }
    # Varnish's own rules come next: no Set-Cookie, no "private", no "no-store".
}
