a = b /* c */
