"""Sources, sinks and what runs between them: files, and the threaded transcode."""
