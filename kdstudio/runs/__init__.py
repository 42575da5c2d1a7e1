"""What has happened: events, run folders, the fold, failures' words, the library, launching. No torch, no Qt."""
